using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Tests.Journal;

/// <summary>Reports in reports and in bounces: the innermost mail is the document, everything around it the wrapper.</summary>
public sealed class NestedReportTests
{
    private const string Agent = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com";

    private static readonly byte[] Inner = A.Mail().Attachment("offer.pdf", "application/pdf", [1, 2, 3]).Boundary("inner").Bytes();

    [Fact]
    public async Task Bounced_report_is_unwrapped_and_is_the_same_delivery_as_the_report_itself()
    {
        var direct = await Read.ReportAsync(Report());
        var bounce = A.Bounce(Report().Bytes());

        var report = await Read.ReportAsync(bounce);

        Assert.Null(report!.Doubt);
        Assert.Equal(Digest.Of(Inner), report.Split?.Sha256);
        Assert.Equal((direct.MessageId, direct.EnvelopeSha256), (report.MessageId, report.EnvelopeSha256));
        Assert.Equal(["ben@example.org", "cleo@example.org"], Addresses(report));
        Joins(bounce, report.Split!);
    }

    [Fact]
    public async Task Bounce_of_anything_else_is_not_a_report()
    {
        Assert.Null(await Read.ReportAsync(A.Bounce(Inner)));
        Assert.Null(await Read.ReportAsync(A.Bounce(Report().Bytes(), "text/rfc822-headers")));
        Assert.Null(await Read.ReportAsync(A.Mail().Attached(Report().Bytes()).Bytes()));
    }

    [Fact]
    public async Task Bounce_with_a_truncated_report_is_kept_whole_with_its_recipients()
    {
        var report = await Read.ReportAsync(A.Bounce(Report().Bytes()[..^120]));

        Assert.Null(report!.Split);
        Assert.Equal("The report was cut off: its end boundary is missing.", report.Doubt);
        Assert.Equal(["ben@example.org", "cleo@example.org"], Addresses(report));
        Assert.Equal("offer-1@example.com", report.Inside?.MessageId);
    }

    [Fact]
    public async Task Report_about_a_report_is_unwrapped_with_the_recipients_of_both()
    {
        var bytes = Again(Report().Bytes()).Bytes();

        var report = await Read.ReportAsync(bytes);

        Assert.Null(report!.Doubt);
        Assert.Equal(Digest.Of(Inner), report.Split?.Sha256);
        Assert.Equal("offer.pdf", Assert.Single(report.Split!.Facts.Attachments).Name);
        Assert.Equal(("again@journal.report.generator", "anna@example.com"), (report.MessageId, report.Envelope.Sender));
        Assert.Equal(["ben@example.org", "cleo@example.org", "journal@example.net"], Addresses(report));
        Joins(bytes, report.Split);
    }

    [Fact]
    public async Task Bounced_report_about_a_report_is_unwrapped_through_all_levels()
    {
        var bytes = A.Bounce(Again(Report().Bytes()).Bytes());

        var report = await Read.ReportAsync(bytes);

        Assert.Equal(Digest.Of(Inner), report?.Split?.Sha256);
        Assert.Equal("again@journal.report.generator", report!.MessageId);
        Joins(bytes, report.Split!);
    }

    [Fact]
    public async Task Strangers_mail_that_claims_to_be_a_report_is_the_mail_of_the_report_about_it()
    {
        var claim = A.JournalReport().Boundary("claim").Sender("boss@example.com").Bcc("victim@example.com").Around(Inner).Bytes();

        var report = await Read.ReportAsync(
            A.JournalReport().Boundary("outer").Sender("stranger@example.net").Recipient("ben@example.org").Around(claim));

        Assert.Equal(Digest.Of(claim), report.Split?.Sha256);
        Assert.Equal("stranger@example.net", report.Envelope.Sender);
        Assert.Equal(["ben@example.org"], Addresses(report));
    }

    [Fact]
    public async Task Uncertain_report_in_a_report_keeps_the_whole_unsplit()
    {
        var report = await Read.ReportAsync(Again(Report().Bytes()[..^20]));

        Assert.Null(report.Split);
        Assert.Equal("The report was cut off: its end boundary is missing.", report.Doubt);
        Assert.Equal(["ben@example.org", "cleo@example.org", "journal@example.net"], Addresses(report));
    }

    [Fact]
    public async Task Levels_are_read_up_to_a_limit_and_the_rest_is_the_mail()
    {
        var (levels, bytes) = (0, Report().Bytes());
        byte[] deepest = [];
        for (; levels < 12; levels++)
        {
            deepest = levels == 12 - JournalReader.MaxLevels ? bytes : deepest;
            bytes = Again(bytes, $"level-{levels}").Bytes();
        }

        var report = await Read.ReportAsync(bytes);

        Assert.Null(report!.Doubt);
        Assert.Equal(Digest.Of(deepest), report.Split?.Sha256);
        Joins(bytes, report.Split!);
    }

    [Theory]
    [InlineData("Content-Type: message/rfc822", "base64", "The attached message has the transfer encoding base64.")]
    [InlineData("Content-Type: message/rfc822", "quoted-printable", "The attached message has the transfer encoding quoted-printable.")]
    [InlineData("Content-Type: application/octet-stream; name=\"Offer.eml\"", "base64", "The second part is not plainly a message/rfc822.")]
    [InlineData(
        "Content-Type: application/x-other\nContent-Disposition: attachment; filename=Offer.EML",
        "base64",
        "The second part is not plainly a message/rfc822.")]
    [InlineData("Content-Type: application/octet-stream", "8bit", "The second part is not plainly a message/rfc822.")]
    public async Task Mail_attached_as_a_file_stays_in_the_report_and_its_facts_are_read(string header, string encoding, string doubt)
    {
        var report = await Read.ReportAsync(Envelope().AroundFile(Inner, header, encoding));

        Assert.Null(report.Split);
        Assert.Equal(doubt, report.Doubt);
        Assert.Equal(["ben@example.org", "cleo@example.org"], Addresses(report));
        Assert.Equal("offer-1@example.com", report.Inside?.MessageId);
        Assert.Equal(
            ("offer.pdf", Digest.Of([1, 2, 3])), (Assert.Single(report.Inside!.Attachments).Name, report.Inside.Attachments[0].Sha256));
    }

    [Fact]
    public async Task File_that_is_not_a_mail_does_not_change_the_facts_of_the_report()
    {
        var report = await Read.ReportAsync(Envelope().AroundFile([0, 1, 2, 3, 4, 5], "Content-Type: application/octet-stream", "base64"));

        Assert.Null(report.Split);
        Assert.Null(report.Inside);
    }

    private static ReportDraft Envelope() =>
        A.JournalReport().Sender("anna@example.com").To("ben@example.org").Bcc("cleo@example.org", expanded: "all@example.org");

    private static ReportDraft Report() => Envelope().Around(Inner);

    private static ReportDraft Again(byte[] report, string boundary = "again") =>
        A.JournalReport().Boundary(boundary).Id("again@journal.report.generator").Sender(Agent).Recipient("journal@example.net")
            .Around(report);

    private static IEnumerable<string> Addresses(JournalReport report) => report.Envelope.Recipients.Select(recipient => recipient.Address);

    private static void Joins(byte[] bytes, JournalSplit split)
    {
        var document = bytes.AsMemory((int)split.Offset, (int)split.Length).ToArray();
        Assert.Equal(split.Sha256, Digest.Of(document));
        Assert.Equal(bytes, Read.Joined(split, document));
    }
}
