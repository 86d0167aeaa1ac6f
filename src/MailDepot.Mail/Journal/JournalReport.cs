using System.Collections.Immutable;

using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>A mail that claims to be a journal report: who sent and received the mail inside, and where in the report it is.</summary>
public sealed record JournalReport
{
    /// <summary>Senders and recipients; possibly incomplete if there is a <see cref="Doubt"/>.</summary>
    public required JournalEnvelope Envelope { get; init; }

    /// <summary>The report's own Message-ID, without angle brackets; different for each report.</summary>
    public string? MessageId { get; init; }

    /// <summary>Of the decoded envelope text as UTF-8: the same however the part was encoded in transit.</summary>
    public required Digest EnvelopeSha256 { get; init; }

    /// <summary>Where the mail inside is; null if that is not certain, so that the whole report is the document.</summary>
    public JournalSplit? Split { get; init; }

    /// <summary>Facts of the mail inside; if there are several, merged. Null if none was found.</summary>
    public MailFacts? Inside { get; init; }

    /// <summary>More than one mail is attached, as for protected mail, which comes with a decrypted copy.</summary>
    public bool HasSeveral { get; init; }

    /// <summary>
    /// Why the report is not split, in one sentence; null if it is. Stored in the ledger: other words for the same reason are other
    /// facts (<see cref="MailReader.Version"/>).
    /// </summary>
    public string? Doubt { get; init; }

    /// <summary>
    /// The report, or null if the mail does not claim to be one. It is split only if our own scan and the MIME parser agree on
    /// every byte: two readers rarely make the same mistake.
    /// </summary>
    /// <param name="scan">Was fed the whole mail; is completed here.</param>
    /// <param name="reading">Of the same mail.</param>
    public static JournalReport? Read(ReportScan scan, MailReading reading)
    {
        if (!reading.ClaimsJournalReport)
        {
            return null;
        }

        scan.Complete();
        var (text, envelope) = Fullest([EnvelopeText.Decode(scan.EnvelopePart), .. reading.Tnef?.Texts ?? []]);
        var packed = reading.Messages.IsEmpty && reading.Tnef is not null;
        ImmutableArray<MailFacts> inside = packed
            ? [.. reading.Tnef!.Messages.Select(message => WithHeaderOf(message, reading.Facts))]
            : [.. reading.Messages.Select(message => message.Facts)];
        var several = inside.Length > 1;
        var doubt = several ? $"The report has {inside.Length} mails attached, as for protected mail."
            : packed ? "The mail of the report is packed in a winmail.dat (TNEF)."
            : DoubtAbout(scan, reading, envelope);
        return new JournalReport
        {
            Envelope = envelope,
            MessageId = reading.Facts.MessageId,
            EnvelopeSha256 = Digest.Of(System.Text.Encoding.UTF8.GetBytes(text)),
            Doubt = doubt,
            HasSeveral = several,
            Inside = inside.IsEmpty ? null : inside.Aggregate(Merge),
            Split = doubt is null
                ? new JournalSplit(scan.Offset, scan.Length, scan.Sha256, scan.Head, scan.Tail, reading.Messages[0].Facts)
                : null,
        };
    }

    /// <summary>Why our scan and the parser disagree about where the attached message is; null if they agree.</summary>
    internal static string? DoubtAbout(ReportScan scan, MailReading reading)
    {
        if (scan.Doubt is not null || reading.Defect is not null)
        {
            return scan.Doubt ?? reading.Defect;
        }

        return reading.Messages is not [var message] || message.Offset != scan.Offset || message.Length != scan.Length
            ? "The MIME parser finds the attached message elsewhere than the scan does."
            : null;
    }

    private static string? DoubtAbout(ReportScan scan, MailReading reading, JournalEnvelope envelope) => DoubtAbout(scan, reading)
        ?? (envelope.Sender is null && envelope.Recipients.IsEmpty ? "The envelope names neither a sender nor a recipient." : null);

    /// <summary>
    /// The text that names the most people: a report in TNEF has its envelope there, and a text part beside it may be a gateway's
    /// footer.
    /// </summary>
    private static (string Text, JournalEnvelope Envelope) Fullest(IEnumerable<string> texts) =>
        texts.Select(text => (Text: text, Envelope: JournalEnvelope.Parse(text)))
            .MaxBy(one => (2 * one.Envelope.Recipients.Length) + (one.Envelope.Sender is null ? 0 : 1));

    /// <summary>
    /// Fills in what a mail in TNEF may have lost with its header. The report's header has copies of author, To, Cc and subject; it
    /// was written within seconds of the mail. The report's flags, such as those of a broken winmail.dat, apply to the mail.
    /// </summary>
    private static MailFacts WithHeaderOf(MailFacts mail, MailFacts report) => mail with
    {
        Date = mail.Date ?? report.Date,
        DateText = mail.Date is null ? report.DateText : mail.DateText,
        Subject = mail.Subject ?? report.Subject,
        From = mail.From.IsEmpty ? report.From : mail.From,
        To = mail.To.IsEmpty && mail.Cc.IsEmpty ? report.To : mail.To,
        Cc = mail.To.IsEmpty && mail.Cc.IsEmpty ? report.Cc : mail.Cc,
        Flags =
        [
            .. mail.Flags.Where(flag => mail.Date is not null || !IsOfDate(flag))
                .Union(report.Flags.Where(flag => mail.Date is null || !IsOfDate(flag))).Order(),
        ],
    };

    /// <summary>
    /// The first mail's facts, with the people and attachments of both. The other one is listed among the messages inside, with
    /// its own subject. Date, date text and date flags all come from one mail: the first whose Date field is credible.
    /// </summary>
    private static MailFacts Merge(MailFacts one, MailFacts other)
    {
        var dated = one.Date is not null && !one.Flags.Any(IsOfDate) ? one
            : other.Date is not null && !other.Flags.Any(IsOfDate) ? other
            : one.Date is null && other.Date is not null ? other : one;
        return one with
        {
            MessageId = one.MessageId ?? other.MessageId,
            Date = dated.Date,
            DateText = dated.DateText,
            Subject = one.Subject ?? other.Subject,
            From = [.. one.From.Union(other.From)],
            Sender = one.Sender ?? other.Sender,
            ReplyTo = [.. one.ReplyTo.Union(other.ReplyTo)],
            To = [.. one.To.Union(other.To)],
            Cc = [.. one.Cc.Union(other.Cc)],
            Bcc = [.. one.Bcc.Union(other.Bcc)],
            Attachments = [.. one.Attachments.Union(other.Attachments).Take(MailFacts.MaxAttachments)],
            Messages =
            [
                .. one.Messages, new MessageInside(1, other with { Messages = [] }),
                .. other.Messages.Select(inside => inside with { Depth = inside.Depth + 1 }),
            ],
            Flags = [.. one.Flags.Union(other.Flags).Where(flag => !IsOfDate(flag)).Union(dated.Flags).Order()],
        };
    }

    private static bool IsOfDate(MailFlag flag) =>
        flag is MailFlag.DateMissing or MailFlag.DateUnreadable or MailFlag.DateAbsurd or MailFlag.DateUncertain;
}

/// <summary>A journal report split into head, the mail inside, and tail, in this order with nothing between them.</summary>
/// <param name="Offset">Of the mail inside, in bytes from the start of the report.</param>
/// <param name="Length">Of the mail inside, in bytes.</param>
/// <param name="Sha256">Of the mail inside.</param>
/// <param name="Head">Everything before it: header, envelope part, the attached part's header.</param>
/// <param name="Tail">
/// Everything after it, from the line end before the end boundary; together with the head at most
/// <see cref="ReportScan.MaxWrapper"/>.
/// </param>
/// <param name="Facts">Of the mail inside.</param>
public sealed record JournalSplit(
    long Offset, long Length, Digest Sha256, ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Tail, MailFacts Facts);
