using System.Text;

using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Tests.Journal;

/// <summary>Reports that other mail servers and gateways have modified.</summary>
public sealed class ForwardedReportTests
{
    private static readonly byte[] Inner = A.Mail().Bytes();

    [Fact]
    public async Task Headers_folded_and_fields_added_change_nothing()
    {
        var report = await Read.ReportAsync(
            Report().Claim("Received: from a.example.net\n\tby b.example.net;\n\tMon, 23 Nov 2026 14:05:06 +0000\nX-MS-Journal-Report:\n ")
                .ContentType("Content-Type:\n multipart/mixed;\n\tboundary=\"_report_\";\n type=x"));

        Assert.Null(report.Doubt);
        Assert.Equal(Digest.Of(Inner), report.Split?.Sha256);
    }

    [Theory]
    [InlineData("Content-Type: text/plain\n\nThis mail was scanned.\nTo: unsubscribe, write to us\n")]
    [InlineData("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPGI+c2Nhbm5lZDwvYj4=\n")]
    [InlineData("Content-Type: image/gif; name=logo.gif\nContent-Transfer-Encoding: base64\n\nR0lGODlhAQABAAAAACw=\n")]
    public async Task Footer_in_a_separate_part_belongs_to_the_wrapper(string part)
    {
        var bytes = Report().Footer(part).Bytes();

        var report = await Read.ReportAsync(bytes);

        Assert.Null(report!.Doubt);
        Assert.Equal(Digest.Of(Inner), report.Split?.Sha256);
        Assert.Contains(part.Split('\n')[0], Encoding.UTF8.GetString(report.Split!.Tail.Span), StringComparison.Ordinal);
        Assert.Equal(["ben@example.org", "cleo@example.org"], report.Envelope.Recipients.Select(one => one.Address));
    }

    [Fact]
    public async Task Footer_in_the_envelope_part_adds_no_recipient()
    {
        var report = await Read.ReportAsync(
            Report().Line("").Line("____").Line("Confidential: do not read.").Line("To: unsubscribe write to us").Line("Sender: the list"));

        Assert.Null(report.Doubt);
        Assert.Equal("anna@example.com", report.Envelope.Sender);
        Assert.Equal(["ben@example.org", "cleo@example.org"], report.Envelope.Recipients.Select(one => one.Address));
    }

    [Fact]
    public async Task Envelope_part_split_into_text_and_html_is_read_from_its_text()
    {
        var text = Convert.ToBase64String("Sender: anna@example.com\r\nBcc: cleo@example.org, Expanded: all@example.org\r\n"u8);
        var report = await Read.ReportAsync(A.JournalReport().Around(Inner)
            .EnvelopeHeader("Content-Type: multipart/alternative; boundary=alt").Line("--alt")
            .Line("Content-Type: text/plain; charset=utf-8")
            .Line("Content-Transfer-Encoding: base64").Line("").Line(text).Line("--alt").Line("Content-Type: text/html").Line("")
            .Line("<p>Bcc: nobody@example.org</p>").Line("--alt--"));

        Assert.Null(report.Doubt);
        Assert.Equal([new JournalRecipient("cleo@example.org", RecipientKind.Bcc, "all@example.org")], report.Envelope.Recipients);
        Assert.Equal(Digest.Of(Inner), report.Split?.Sha256);
    }

    [Fact]
    public async Task Report_wrapped_in_another_multipart_is_kept_whole_with_all_its_facts()
    {
        var outer = Encoding.UTF8.GetString(Report().EnvelopeIn("base64").Bytes()).Split("\r\n\r\n", 2);
        var header = outer[0].Replace(
            "Content-Type: multipart/mixed; boundary=\"_report_\"",
            "Content-Type: multipart/mixed; boundary=gateway",
            StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetBytes(
            $"{header}\r\n\r\n--gateway\r\nContent-Type: multipart/mixed; boundary=\"_report_\"\r\n\r\n{outer[1]}\r\n"
            + "--gateway\r\n\r\nfooter\r\n--gateway--\r\n");

        var report = await Read.ReportAsync(bytes);

        Assert.NotEqual(header, outer[0]);
        Assert.Null(report!.Split);
        Assert.NotNull(report.Doubt);
        Assert.Equal(["ben@example.org", "cleo@example.org"], report.Envelope.Recipients.Select(one => one.Address));
        Assert.Equal("offer-1@example.com", report.Inside?.MessageId);
    }

    [Theory]
    [InlineData("utf-8", "日本 Ω Ж")]
    [InlineData("iso-2022-jp", "御見積")]
    [InlineData("gb18030", "报价")]
    [InlineData("koi8-r", "Предложение")]
    [InlineData("windows-1255", "הצעה")]
    [InlineData("big5", "報價")]
    public async Task Subjects_and_names_of_all_languages_are_read(string charset, string words)
    {
        var report = await Read.ReportAsync(A.JournalReport().Sender($"{words} <anna@example.com>").Subject(words)
            .To($"\"{words}, Expanded: no\" <ben@example.org>", expanded: $"{words} <all@example.org>")
            .EnvelopeCharset(charset, Encoding.GetEncoding(charset)).EnvelopeIn("quoted-printable").Around(Inner));

        Assert.Equal((null, "anna@example.com", words), (report.Doubt, report.Envelope.Sender, report.Envelope.Subject));
        Assert.Equal(
            new JournalRecipient("ben@example.org", RecipientKind.To, "all@example.org"), Assert.Single(report.Envelope.Recipients));
    }

    private static ReportDraft Report() =>
        A.JournalReport().Sender("anna@example.com").To("ben@example.org").Bcc("cleo@example.org", expanded: "all@example.org")
            .Around(Inner);
}
