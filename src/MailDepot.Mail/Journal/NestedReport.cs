using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>Combines a report with what is inside it: the innermost mail is the document, everything around it the wrapper.</summary>
/// <remarks>
/// The report is split only if every level is certain; otherwise the whole is the document. The recipients of all levels are
/// collected either way. Message-ID and envelope digest, which identify a delivery, are those of the outermost report; a bounce
/// around it does not count.
/// </remarks>
internal static class NestedReport
{
    /// <summary>Local part of the address from which Exchange sends journal reports, in every organization.</summary>
    private const string JournalingAgent = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@";

    /// <summary>
    /// Whether, by this report, the mail inside was sent as reports are: by Exchange itself. Anyone can write a mail that claims to
    /// be a report; once journaled it is a mail like any other, and its claim proves nothing.
    /// </summary>
    public static bool IsBelieved(JournalReport report) =>
        report.Envelope.Sender is null || report.Envelope.Sender.StartsWith(JournalingAgent, StringComparison.OrdinalIgnoreCase);

    /// <summary>A report that came back undelivered, in a bounce.</summary>
    public static JournalReport? InBounce(ReportScan scan, MailReading bounce, JournalReading inside)
    {
        if (inside.Report is not { } returned)
        {
            return null;
        }

        return Rewrap(returned, scan.Head, scan.Tail, scan.Offset, JournalReport.DoubtAbout(scan, bounce) ?? DoubtAbout(scan, inside));
    }

    /// <summary>A report about a report: the inner envelope names who got the mail, the outer one who got the inner report.</summary>
    public static JournalReport InReport(JournalReport outer, ReportScan scan, JournalReading inside)
    {
        if (inside.Report is not { } inner)
        {
            return outer;
        }

        var both = Rewrap(inner, scan.Head, scan.Tail, scan.Offset, outer.Doubt ?? DoubtAbout(scan, inside));
        return both with { MessageId = outer.MessageId, EnvelopeSha256 = outer.EnvelopeSha256, Envelope = Merge(outer, inner) };
    }

    /// <summary>
    /// A report whose mail is attached as an encoded file. It stays whole, as the decoded mail is not a part of the received
    /// bytes; the mail's facts are read all the same.
    /// </summary>
    public static JournalReport Encoded(JournalReport report, JournalReading inside) => inside.Report is { } inner && IsBelieved(report)
        ? report with { Inside = inner.Inside ?? inside.Mail.Facts, Envelope = Merge(report, inner) }
        : IsNoMail(inside.Mail.Facts) ? report : report with { Inside = inside.Mail.Facts };

    /// <summary>
    /// A report whose mail seems to have no header: the MIME parser takes an empty line before it for its end. Read as a separate
    /// mail, it has one.
    /// </summary>
    public static JournalReport Preceded(JournalReport report, ReportScan scan, JournalReading inside) =>
        !inside.Mail.Facts.Flags.Contains(MailFlag.HeaderPreceded) ? report
        : inside.Report is not null && IsBelieved(report) ? InReport(report, scan, inside)
        : report with { Inside = inside.Mail.Facts, Split = report.Split! with { Facts = inside.Mail.Facts } };

    /// <summary>Nothing in the facts suggests a mail.</summary>
    public static bool IsNoMail(MailFacts facts) =>
        facts is { From.IsEmpty: true, To.IsEmpty: true, Subject: null, MessageId: null, Date: null, Attachments.IsEmpty: true };

    private static string? DoubtAbout(ReportScan scan, JournalReading inside) =>
        inside.Mail.Sha256 == scan.Sha256 && inside.Mail.Bytes == scan.Length
            ? null
            : "The report inside was not the same when it was read again.";

    private static JournalReport Rewrap(
        JournalReport inner, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail, long offset, string? doubt)
    {
        var split = inner.Split;
        doubt ??= inner.Doubt;
        doubt ??= split!.Head.Length + split.Tail.Length + head.Length + tail.Length > ReportScan.MaxWrapper
            ? ReportScan.WrapperTooLong
            : null;
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

    private static JournalEnvelope Merge(JournalReport outer, JournalReport inner) =>
        inner.Envelope with { Recipients = [.. inner.Envelope.Recipients.Union(outer.Envelope.Recipients)] };
}
