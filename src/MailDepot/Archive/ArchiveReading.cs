using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Archive;

/// <summary>What the current reader finds in a mail: everything in a receipt that another reading may change.</summary>
/// <param name="FromJournal">It came to a journal address. Elsewhere the claim to be a report is no evidence.</param>
/// <param name="Mail">The whole mail.</param>
/// <param name="Report">Null if the mail is not a journal report.</param>
public sealed record ArchiveReading(bool FromJournal, MailReading Mail, JournalReport? Report)
{
    /// <summary>Facts of the mail; for a report that can be split, of the mail inside.</summary>
    public MailFacts Facts => Report?.Inside ?? Mail.Facts;

    /// <summary>Why a person should look at it, in one sentence; null if there is no reason.</summary>
    public string? Doubt => Report?.Doubt ?? Mail.Defect;

    /// <summary>Reads a mail as a stream: facts, hashes, the position of the message in a report.</summary>
    /// <param name="open">Opens the mail from its first byte; called again for a report that contains another.</param>
    /// <param name="fromJournal">It came to a journal address.</param>
    /// <param name="ct">Cancels. Errors of the stream propagate too.</param>
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
    /// <param name="source">Where the mail came from: the collector may have noticed that it is a substitute.</param>
    public LaterFacts FactsOf(Guid id, string container, MailSource source) => new()
    {
        Receipt = id,
        Container = container,
        ReportMessageId = Report?.MessageId,
        Journal = Report?.Envelope,
        Mail = Facts,
        Flags = [.. Flags(source)],
        Doubt = Doubt,
        Reader = MailReader.Version,
    };

    /// <summary>The flags that the mail's own bytes raise, whatever address it came to.</summary>
    public IEnumerable<ReceiptFlag> Marks()
    {
        if (Mail.Defect is not null)
        {
            yield return ReceiptFlag.Unparsed;
        }

        if (Report is { Split: null })
        {
            yield return Report.HasSeveral ? ReceiptFlag.SeveralMails : ReceiptFlag.JournalUncertain;
        }

        if (Participant.AreTooMany(Facts, Report?.Envelope))
        {
            yield return ReceiptFlag.AddressesCut;
        }
    }

    private IEnumerable<ReceiptFlag> Flags(MailSource source) => Marks()
        .Concat(FromJournal && Report is null ? [ReceiptFlag.NoReport] : [])
        .Concat(source is Pop3Source { Substitute: true } ? [ReceiptFlag.Substitute] : []);
}
