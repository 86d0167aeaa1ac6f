using System.Collections.Immutable;
using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Archive;

/// <summary>What the reader of today finds in a mail: all of a receipt that another reading may change.</summary>
/// <param name="FromJournal">It came to where Exchange journals to. Elsewhere the claim to be a report is no evidence.</param>
/// <param name="Mail">The whole mail.</param>
/// <param name="Report">Null if it is none.</param>
internal sealed record ArchiveReading(bool FromJournal, MailReading Mail, JournalReport? Report)
{
    private MailFacts Facts => Report?.Inside ?? Mail.Facts;

    /// <summary>Reads a mail as a stream: facts, hashes, the place of the message in a report.</summary>
    /// <param name="open">Opens the mail from its first octet; called again for a report that holds another.</param>
    /// <param name="fromJournal">It came to where Exchange journals to.</param>
    /// <param name="ct">Cancels. Errors of the stream come through, too.</param>
    public static async Task<ArchiveReading> ReadAsync(Func<CancellationToken, Task<Stream>> open, bool fromJournal, CancellationToken ct)
    {
        if (fromJournal)
        {
            var (whole, report) = await JournalReader.ReadAsync(open, ct);
            return new ArchiveReading(fromJournal, whole, report);
        }

        await using var mail = await open(ct);
        return new ArchiveReading(fromJournal, await MailReader.ReadAsync(mail, null, ct), null);
    }

    /// <summary>The facts of the receipt with this id.</summary>
    /// <param name="source">Where the mail came from: who collected it may have seen that it is a substitute.</param>
    public LaterFacts FactsOf(Guid id, string container, MailSource source) => new()
    {
        Receipt = id,
        Container = container,
        ReportMessageId = Report?.MessageId,
        Journal = Report?.Envelope,
        Mail = Facts,
        Flags = [.. Flags(), .. source is Pop3Source { Substitute: true } ? (ReadOnlySpan<ReceiptFlag>)[ReceiptFlag.Substitute] : []],
        Doubt = Report?.Doubt ?? Mail.Defect,
        Reader = MailReader.Version,
    };

    private ImmutableArray<ReceiptFlag> Flags() =>
        FromJournal && Report is null ? [.. Arrival.Marks(Mail, Report), ReceiptFlag.NoReport] : [.. Arrival.Marks(Mail, Report)];
}
