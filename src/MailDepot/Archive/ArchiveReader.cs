using MailDepot.Index;
using MailDepot.Journal;
using MailDepot.Ledger;

namespace MailDepot.Archive;

/// <summary>Gives mails back: as they were sent, and as they came.</summary>
public sealed class ArchiveReader(IndexReader index, ReceiptLedger ledger, Documents documents)
{
    /// <summary>The receipt as the ledger has it; null if there is none of this id.</summary>
    public async Task<Receipt?> FindAsync(Guid id, CancellationToken ct) =>
        await index.FindAsync(id, ct) is { } found ? await ledger.ReadAsync(found.Container, found.Place, ct) : null;

    /// <summary>The mail itself.</summary>
    public Task<Stream> OpenDocumentAsync(Receipt receipt, CancellationToken ct) =>
        documents.OpenAsync(receipt.Container, receipt.Document.Path, ct);

    /// <summary>Writes the mail as it was received, bit for bit: a journal report with its wrapper.</summary>
    public async Task WriteRawAsync(Receipt receipt, Stream destination, CancellationToken ct)
    {
        await using var document = await OpenDocumentAsync(receipt, ct);
        var (head, tail) = receipt.Wrapper?.Unpack() ?? default;
        await JournalReport.JoinAsync(head, document, tail, destination, ct);
    }
}
