using System.Collections.Immutable;

namespace MailDepot.Testing;

/// <summary>Every way in which a report comes around a mail, with Anna as its sender, Ben in To and Cleo in Bcc by a list.</summary>
internal static class ReportShapes
{
    private const string Agent = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com";

    /// <summary>The mail becomes the document.</summary>
    public static ImmutableArray<ReportShape> Split { get; } =
    [
        new("Exchange Online", (mail, lf) => Report(lf).Around(mail).Bytes()),
        new("Exchange 2003", (mail, lf) => Ends(lf, A.JournalReport().Boundary("_report_1"))
            .Claim("Content-Identifer: ExJournalReport").Line("Sender: Anna <anna@example.com>")
            .Line("Message-ID: <1@example.com>").Line("Recipients:").Line("\tBen <ben@example.org>")
            .Line("\tcleo@example.org, Expanded: all@example.org").Around(mail).Bytes()),
        new("envelope in base64", (mail, lf) => Report(lf).EnvelopeIn("base64").Around(mail).Bytes()),
        new("envelope in quoted-printable", (mail, lf) => Report(lf).EnvelopeIn("quoted-printable").Around(mail).Bytes()),
        new("footer", (mail, lf) => Report(lf).Footer("Content-Type: text/html\n\n<p>Scanned.</p>").Around(mail).Bytes()),
        new(
            "binary part",
            (mail, lf) => Report(lf).MessageHeader("Content-Type: message/rfc822\nContent-Transfer-Encoding: binary").Around(mail).Bytes()),
        new("bounce", (mail, lf) => A.Bounce(Report(lf).Around(mail).Bytes())),
        new("report again", (mail, lf) => Again(lf, Report(lf).Around(mail).Bytes())),
        new("report again in a bounce", (mail, lf) => A.Bounce(Again(lf, Report(lf).Around(mail).Bytes()))),
    ];

    /// <summary>The report stays whole.</summary>
    public static ImmutableArray<ReportShape> Whole { get; } =
    [
        new("two mails", (mail, lf) => Report(lf).Around(mail).Around(A.Mail().Subject("decrypted")).Bytes()),
        new("mail in base64", (mail, lf) => Report(lf).AroundFile(mail, "Content-Type: message/rfc822", "base64").Bytes()),
        new(
            "mail as a file",
            (mail, lf) => Report(lf).AroundFile(mail, "Content-Type: application/octet-stream; name=mail.eml", "base64").Bytes()),
        new("cut off", (mail, lf) => Report(lf).Around(mail).End("").Bytes()),
        new("no mail", (_, lf) => Report(lf).Bytes()),
        new("base64 in a bounce", (mail, lf) => A.Bounce(Report(lf).AroundFile(mail, "Content-Type: message/rfc822", "base64").Bytes())),
    ];

    private static ReportDraft Report(bool lfOnly) =>
        Ends(
            lfOnly,
            A.JournalReport().Boundary("_report_1").Sender("anna@example.com").To("ben@example.org")
                .Bcc("cleo@example.org", expanded: "all@example.org"));

    private static byte[] Again(bool lfOnly, byte[] report) =>
        Ends(
            lfOnly,
            A.JournalReport().Boundary("_report_2").Id("again@journal.report.generator").Sender(Agent)
                .Recipient("journal@example.net")).Around(report).Bytes();

    private static ReportDraft Ends(bool lfOnly, ReportDraft report) => lfOnly ? report.WithLfOnly() : report;
}

/// <summary>A way in which a report comes.</summary>
/// <param name="Name">In words.</param>
/// <param name="Around">Makes it of a mail, with LF alone at its line ends if that is true.</param>
internal sealed record ReportShape(string Name, Func<byte[], bool, byte[]> Around);
