using MailDepot.Documents;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Archive;

/// <summary>Reads mails back: as they were sent, and as they were received.</summary>
public sealed class ArchiveReader(IndexReader index, ReceiptLedger ledger, DocumentStore documents)
{
    /// <summary>The receipt from the ledger with its latest facts; null if there is none with this id.</summary>
    public async Task<Receipt?> FindAsync(Guid id, CancellationToken ct) =>
        await index.FindAsync(id, ct) is { } place ? await ledger.ReadAsync(place, ct) : null;

    /// <summary>Opens the mail itself.</summary>
    public Task<Stream> OpenDocumentAsync(Receipt receipt, CancellationToken ct) =>
        documents.OpenAsync(receipt.Container, receipt.Document.Path, ct);

    /// <summary>Opens the mail exactly as it was received: a journal report with its wrapper.</summary>
    public async Task<Stream> OpenRawAsync(Receipt receipt, CancellationToken ct)
    {
        var document = await OpenDocumentAsync(receipt, ct);
        if (receipt.Wrapper is null)
        {
            return document;
        }

        var (head, tail) = receipt.Wrapper.Unpack();
        return new JoinedStream(new MemoryStream(head.ToArray()), document, new MemoryStream(tail.ToArray()));
    }

    /// <summary>Copies the mail as received (<see cref="OpenRawAsync"/>) to a stream.</summary>
    public async Task WriteRawAsync(Receipt receipt, Stream destination, CancellationToken ct)
    {
        await using var raw = await OpenRawAsync(receipt, ct);
        await raw.CopyToAsync(destination, ct);
    }
}
