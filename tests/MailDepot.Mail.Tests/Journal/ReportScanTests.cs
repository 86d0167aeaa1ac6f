using System.Text;

using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Tests.Journal;

public sealed class ReportScanTests
{
    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("Subject: s\r\n\r\nbody")]
    [InlineData("Subject: s\n\nbody\n\n")]
    [InlineData("Subject: s\r\n\r\nends with a return\r")]
    [InlineData("Subject: s\r\n\r\n--_repor\r\n--_repo\r\n--_\r\n--\r\n-")]
    [InlineData("Subject: s\r\n\r\n --_report_\r\nx--_report_--\r\n")]
    public void Inner_mail_is_found_to_the_byte_in_pieces_of_any_size(string mail)
    {
        var inner = Encoding.UTF8.GetBytes(mail);
        var report = A.JournalReport().Sender("anna@example.com").Around(inner).Bytes();
        var offset = report.AsSpan().IndexOf("message/rfc822\r\n\r\n"u8) + "message/rfc822\r\n\r\n".Length;
        for (var size = 1; size < report.Length + 1; size++)
        {
            using var scan = Scan(report, size);

            Assert.Null(scan.Doubt);
            Assert.Equal((offset, inner.Length, Digest.Of(inner)), (scan.Offset, scan.Length, scan.Sha256));
            Assert.Equal(report.AsSpan(0, offset), scan.Head.Span);
            Assert.Equal("\r\n--_report_--\r\n"u8, scan.Tail.Span);
            Assert.Equal("Content-Type: text/plain; charset=\"utf-8\"\r\n\r\nSender: anna@example.com\r\n"u8, scan.EnvelopePart.Span);
        }
    }

    [Fact]
    public void Inner_mail_larger_than_every_buffer_is_found()
    {
        var inner = new byte[1_000_000];
        new Random(1).NextBytes(inner);
        foreach (var size in new[] { 65_535, 65_536, 65_537, 131_072, 2_000_000 })
        {
            using var scan = Scan(A.JournalReport().Sender("anna@example.com").Around(inner).Bytes(), size);

            Assert.Null(scan.Doubt);
            Assert.Equal((inner.Length, Digest.Of(inner)), (scan.Length, scan.Sha256));
        }
    }

    [Theory]
    [InlineData("\n--_report_--")]
    [InlineData("\n--_report_-- \t\n")]
    [InlineData("\n--_report_--\n\n")]
    [InlineData("\n--_report_--\nan epilogue\n")]
    [InlineData("\n--_report_\n\nfooter of a gateway\n--_report_--\n")]
    [InlineData("\n--_report_\nContent-Type: text/html\n\n<p>footer\n--_report_\nContent-Type: image/png\n\n\n--_report_--\n")]
    public void Report_may_end_in_these_ways(string end)
    {
        using var scan = Scan(Report().End(end).Bytes(), 4_096);

        Assert.Null(scan.Doubt);
    }

    [Theory]
    [InlineData("\n", "The report was cut off: its end boundary is missing.")]
    [InlineData("\n--_report_", "The report was cut off: its end boundary is missing.")]
    [InlineData("\n--_report_-", "A line in the attached message resembles a delimiter.")]
    [InlineData("\n--_report_--x\n", "A line in the attached message resembles a delimiter.")]
    [InlineData("\n--_report_x\n--_report_--\n", "A line in the attached message resembles a delimiter.")]
    [InlineData("\n--_report_\n\nthird part\n", "The report was cut off: its end boundary is missing.")]
    [InlineData("\n--_report_\n\nthird part\n--_report_x\n--_report_--\n", "A line in the attached message resembles a delimiter.")]
    [InlineData(
        "\n--_report_\nContent-Type: message/rfc822\n\nSubject: other\n--_report_--\n", "The report has more than one message attached.")]
    [InlineData(
        "\n--_report_\nContent-Disposition: attachment; filename=other.eml\nContent-Type: application/x-other\n\nSubject: other\n"
            + "--_report_--\n",
        "The report has more than one message attached.")]
    [InlineData("\n--_report_--\n--_report_--\n", "Something like a delimiter comes after the end boundary.")]
    [InlineData("\n--_report_--\n\n--_report_lookalike", "Something like a delimiter comes after the end boundary.")]
    public void Unclear_end_is_doubted(string end, string doubt)
    {
        using var scan = Scan(Report().End(end).Bytes(), 4_096);

        Assert.Equal(doubt, scan.Doubt);
    }

    [Theory]
    [InlineData("7bit")]
    [InlineData("8BIT")]
    [InlineData("binary")]
    public void Attached_part_may_declare_an_identity_encoding(string encoding)
    {
        using var scan = Scan(
            Report().MessageHeader($"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}").Bytes(), 4_096);

        Assert.Null(scan.Doubt);
    }

    [Theory]
    [InlineData(
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", "The attached message has the transfer encoding base64.")]
    [InlineData("Content-Type: message/rfc822\nContent-Type: message/rfc822", "The second part is not plainly a message/rfc822.")]
    [InlineData("Content-Type: application/ms-tnef", "The second part is not plainly a message/rfc822.")]
    [InlineData("X-Nothing: at all", "The second part is not plainly a message/rfc822.")]
    [InlineData("X-Broken: by a delimiter\n--_report_", "A delimiter stands where none may be.")]
    public void Attached_part_of_another_kind_is_doubted(string header, string doubt)
    {
        using var scan = Scan(Report().MessageHeader(header).Bytes(), 4_096);

        Assert.Equal(doubt, scan.Doubt);
    }

    [Theory]
    [InlineData("Content-Type: text/plain", "The report is not a multipart with a boundary.")]
    [InlineData("Content-Type: multipart/mixed", "The report is not a multipart with a boundary.")]
    [InlineData("X-Nothing: at all", "The report is not a multipart with a boundary.")]
    [InlineData(
        "Content-Type: multipart/mixed; boundary=_report_\nContent-Type: multipart/mixed; boundary=other",
        "The report's header has more than one Content-Type.")]
    public void Report_of_another_shape_is_doubted(string contentType, string doubt)
    {
        using var scan = Scan(Report().ContentType(contentType).Bytes(), 4_096);

        Assert.Equal(doubt, scan.Doubt);
    }

    [Fact]
    public void Folded_field_is_read_completely()
    {
        using var scan = Scan(Report().ContentType("CONTENT-TYPE:\n multipart/mixed;\n\tboundary=\"_report_\"").Bytes(), 4_096);

        Assert.Null(scan.Doubt);
    }

    [Fact]
    public void Head_is_held_up_to_a_limit()
    {
        using var scan = new ReportScan();
        scan.Feed(
            Encoding.UTF8.GetBytes("X-MS-Journal-Report:\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSender: anna@example.com\n"));
        for (var n = 0; n < 5_000; n++)
        {
            scan.Feed(new byte[1_024]);
        }

        scan.Complete();

        Assert.Equal("More than 4096 KiB come before the attached message.", scan.Doubt);
        Assert.InRange(scan.EnvelopePart.Length, 1, ReportScan.MaxHead + (64 * 1_024));
        Assert.Equal("anna@example.com", JournalEnvelope.Parse(EnvelopeText.Decode(scan.EnvelopePart)).Sender);
    }

    private static ReportDraft Report() => A.JournalReport().Sender("anna@example.com").Around(A.Mail());

    private static ReportScan Scan(byte[] report, int chunkSize)
    {
        var scan = new ReportScan();
        foreach (var chunk in report.Chunk(chunkSize))
        {
            scan.Feed(chunk);
        }

        scan.Complete();
        return scan;
    }
}
