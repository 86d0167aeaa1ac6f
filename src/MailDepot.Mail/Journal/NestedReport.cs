using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>What becomes of a report together with what is inside it. The innermost mail is the document; all around it is the wrapper.</summary>
/// <remarks>
/// It is split only if every level is certain; else the whole is its own document. The recipients of all levels are found
/// either way. Id and envelope digest, which make two arrivals the same delivery, are those of the outermost report: a
/// bounce around it is none.
/// </remarks>
internal static class NestedReport
{
    /// <summary>The local part of the address as which Exchange's journaling sends its reports, in every organisation.</summary>
    private const string JournalingAgent = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@";

    /// <summary>
    /// Whether a report says that the mail inside was sent as reports are: by Exchange itself. Anybody can write a mail that
    /// claims to be a report; journaled, it is a mail like any other, and its claim no evidence.
    /// </summary>
    public static bool IsBelieved(JournalReport report) =>
        report.Envelope.Sender is null || report.Envelope.Sender.StartsWith(JournalingAgent, StringComparison.OrdinalIgnoreCase);

    /// <summary>A report that came back undelivered, in a bounce.</summary>
    public static JournalReport? InBounce(ReportScan scan, MailReading bounce, JournalReading inside)
    {
        if (inside.Report is not { } lost)
        {
            return null;
        }

        return Rewrapped(lost, scan.Head, scan.Tail, scan.Offset, JournalReport.DoubtAbout(scan, bounce) ?? DoubtAbout(scan, inside));
    }

    /// <summary>A report about a report: who got the mail is in the inner envelope, and who got the inner report in the outer.</summary>
    public static JournalReport InReport(JournalReport outer, ReportScan scan, JournalReading inside)
    {
        if (inside.Report is not { } inner)
        {
            return outer;
        }

        var both = Rewrapped(inner, scan.Head, scan.Tail, scan.Offset, outer.Doubt ?? DoubtAbout(scan, inside));
        return both with { MessageId = outer.MessageId, EnvelopeSha256 = outer.EnvelopeSha256, Envelope = Together(outer, inner) };
    }

    /// <summary>
    /// A report whose mail is attached as an encoded file. It stays whole, for what is decoded is no part of what came; the
    /// facts of the mail are found.
    /// </summary>
    public static JournalReport Encoded(JournalReport report, JournalReading inside) => inside.Report is { } inner && IsBelieved(report)
        ? report with { Inside = inner.Inside ?? inside.Mail.Facts, Envelope = Together(report, inner) }
        : IsNoMail(inside.Mail.Facts) ? report : report with { Inside = inside.Mail.Facts };

    /// <summary>
    /// A report whose mail seems to have no header: an empty line comes before it, which the MIME parser takes for its end.
    /// Read as a mail of its own it has one.
    /// </summary>
    public static JournalReport Preceded(JournalReport report, ReportScan scan, JournalReading inside) =>
        !inside.Mail.Facts.Flags.Contains(MailFlag.HeaderPreceded) ? report
        : inside.Report is not null && IsBelieved(report) ? InReport(report, scan, inside)
        : report with { Inside = inside.Mail.Facts, Split = report.Split! with { Facts = inside.Mail.Facts } };

    /// <summary>Nothing was found that makes it a mail.</summary>
    public static bool IsNoMail(MailFacts facts) =>
        facts is { From.IsEmpty: true, To.IsEmpty: true, Subject: null, MessageId: null, Date: null, Attachments.IsEmpty: true };

    private static string? DoubtAbout(ReportScan scan, JournalReading inside) => inside.Mail.Sha256 == scan.Sha256 && inside.Mail.Bytes == scan.Length
        ? null
        : "The report inside was not the same when it was read again.";

    private static JournalReport Rewrapped(JournalReport inner, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail, long offset, string? doubt)
    {
        var split = inner.Split;
        doubt ??= inner.Doubt ?? (split!.Head.Length + split.Tail.Length + head.Length + tail.Length > ReportScan.MaxWrapper ? ReportScan.WrapperTooLong : null);
        return doubt is not null ? inner with { Split = null, Doubt = doubt } : inner with
        {
            Split = split! with
            {
                Offset = offset + split.Offset,
                Head = (byte[])[.. head.Span, .. split.Head.Span],
                Tail = (byte[])[.. split.Tail.Span, .. tail.Span],
            },
        };
    }

    private static JournalEnvelope Together(JournalReport outer, JournalReport inner) =>
        inner.Envelope with { Recipients = [.. inner.Envelope.Recipients.Union(outer.Envelope.Recipients)] };
}
