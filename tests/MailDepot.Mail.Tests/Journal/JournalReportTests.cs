using System.Text;

using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Tests.Journal;

public sealed class JournalReportTests
{
    private static readonly byte[] Inner = A.Mail().Attachment("offer.pdf", "application/pdf", [1, 2, 3]).Boundary("inner").Bytes();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Report_is_split_into_the_mail_and_its_wrapper(bool crlf)
    {
        var draft = Report();
        var bytes = (crlf ? draft : draft.WithLfOnly()).Bytes();

        var report = await Read.ReportAsync(bytes);

        Assert.Null(report?.Doubt);
        var split = Assert.IsType<JournalSplit>(report?.Split);
        Assert.Equal(Inner, bytes.AsSpan((int)split.Offset, (int)split.Length));
        Assert.Equal(Digest.Of(Inner), split.Sha256);
        Assert.Equal("offer-1@example.com", split.Facts.MessageId);
        Assert.Equal("offer.pdf", Assert.Single(split.Facts.Attachments).Name);
        Assert.Equal("5f0d0bd4-8a0e-4b1c-9d5e-0c6a4a3c2b1a@journal.report.generator", report.MessageId);
    }

    [Theory]
    [InlineData("X-MS-Journal-Report:")]
    [InlineData("X-MS-Journal-Report: ")]
    [InlineData("x-ms-journal-report: true")]
    [InlineData("X-MS-Journal-Report:\n folded")]
    [InlineData("Content-Identifer: ExJournalReport")]
    [InlineData("content-identifier:\n exjournalreport")]
    public async Task The_claim_field_counts_whatever_its_value(string field) =>
        Assert.NotNull((await Read.ReportAsync(Report().Claim(field))).Split);

    [Theory]
    [InlineData("")]
    [InlineData("X-MS-Journal-Report-Not:")]
    [InlineData("Subject: X-MS-Journal-Report:")]
    [InlineData("Content-Identifer: another")]
    public async Task Mail_without_the_field_makes_no_claim(string field) =>
        Assert.Null(await Read.ReportAsync(Report().Claim(field).Bytes()));

    [Fact]
    public async Task Same_mail_in_two_reports_is_the_same_document_and_each_report_keeps_its_recipients()
    {
        var first = await Read.ReportAsync(
            A.JournalReport().Id("fork-1@journal.report.generator").Sender("anna@example.com").To("ben@example.org").Around(Inner));
        var second = await Read.ReportAsync(
            A.JournalReport().Id("fork-2@journal.report.generator").Sender("anna@example.com").Bcc("cleo@example.org").Around(Inner));

        Assert.Equal(first.Split!.Sha256, second.Split!.Sha256);
        Assert.NotEqual(first.MessageId, second.MessageId, StringComparer.Ordinal);
        Assert.NotEqual(first.EnvelopeSha256, second.EnvelopeSha256);
    }

    [Fact]
    public async Task Mail_without_a_message_id_is_split_too()
    {
        var report = await Read.ReportAsync(
            A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(A.Mail().MessageId(null)));

        Assert.NotNull(report.Split);
        Assert.Null(report.Split.Facts.MessageId);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(5_000)]
    [InlineData(15_000)]
    public async Task No_recipient_is_lost_however_many_there_are(int count)
    {
        var draft = A.JournalReport().Sender("anna@example.com").Around(Inner);
        for (var n = 0; n < count; n++)
        {
            draft = draft.Bcc($"person-{n}.with.a.long.name@department.example.org", expanded: "everyone@example.org");
        }

        var report = await Read.ReportAsync(draft);

        Assert.Equal(count, report.Envelope.Recipients.DistinctBy(recipient => recipient.Address, StringComparer.Ordinal).Count());
        Assert.Equal(count, report.Envelope.Recipients.Length);
        Assert.All(report.Envelope.Recipients, recipient => Assert.Equal("everyone@example.org", recipient.Expanded));
        Assert.Equal(count > 5_000 ? "What wraps the attached message exceeds 1024 KiB." : null, report.Doubt);
        Assert.Equal(Digest.Of(Inner), report.Split?.Sha256 ?? Digest.Of(Inner));
        Assert.Equal("offer-1@example.com", report.Inside?.MessageId);
    }

    [Fact]
    public async Task Protected_mail_with_its_decrypted_copy_is_kept_whole_with_the_facts_of_both()
    {
        var report = await Read.ReportAsync(
            Report().Around(
                A.Mail().Subject("decrypted").Cc("dora@example.org").Attachment("clear.txt", "text/plain", [4]).Boundary("other")));

        Assert.Null(report.Split);
        Assert.True(report.HasSeveral);
        Assert.Equal("The report has 2 mails attached, as for protected mail.", report.Doubt);
        Assert.Equal(
            ["ben@example.org", "cleo@example.org"],
            report.Envelope.Recipients.Select(recipient => recipient.Address),
            StringComparer.Ordinal);
        Assert.Equal(("Offer", "dora@example.org"), (report.Inside?.Subject, Assert.Single(report.Inside!.Cc).Address));
        Assert.Equal(["offer.pdf", "clear.txt"], report.Inside.Attachments.Select(one => one.Name));
    }

    [Theory]
    [InlineData(null, "Mon, 23 Nov 2026 14:05:06 +0100", "")]
    [InlineData("Mon, 23 Nov 2026 14:05:06 +0100", null, "")]
    [InlineData("yesterday", "Mon, 23 Nov 2026 14:05:06 +0100", "")]
    [InlineData("yesterday", null, "DateUnreadable")]
    [InlineData(null, null, "DateMissing")]
    public async Task Date_and_its_flag_of_a_report_with_two_mails_come_from_the_same_mail(string? one, string? other, string flags)
    {
        var report = await Read.ReportAsync(Draft().Around(Dated(one)).Around(Dated(other)));

        Assert.True(report.HasSeveral);
        Assert.Equal((flags.Length == 0, flags), (report.Inside!.Date is not null, string.Join(", ", report.Inside.Flags)));
        Assert.Equal(flags == "DateUnreadable" ? "yesterday" : null, report.Inside.DateText);

        static byte[] Dated(string? date) => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(A.Mail().Bytes())
            .Replace("Date: Mon, 23 Nov 2026 15:05:06 +0100\r\n", date is null ? "" : $"Date: {date}\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_further_mail_of_a_report_is_among_the_messages_inside_with_its_own_subject()
    {
        var report = await Read.ReportAsync(Draft().Around(A.Mail().Attached(A.Mail().Subject("in the first").Bytes()).Boundary("one"))
            .Around(A.Mail().Subject("decrypted").Attached(A.Mail().Subject("in the second").Bytes()).Boundary("other"))
            .Around(A.Mail().Subject("third").Boundary("third")));

        Assert.Equal("Offer", report.Inside!.Subject);
        Assert.Equal(
            [(1, "in the first"), (1, "decrypted"), (2, "in the second"), (1, "third")],
            report.Inside.Messages.Select(message => (message.Depth, message.Facts.Subject!)));
    }

    [Fact]
    public async Task Report_without_an_attached_mail_is_kept_whole_and_its_envelope_is_read()
    {
        var report = await Read.ReportAsync(A.JournalReport().Sender("anna@example.com").To("ben@example.org"));

        Assert.Null(report.Split);
        Assert.Equal("The report has no attached message.", report.Doubt);
        Assert.Equal("ben@example.org", Assert.Single(report.Envelope.Recipients).Address);
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(0.7)]
    [InlineData(0.99)]
    public async Task Truncated_report_is_kept_whole(double share)
    {
        var bytes = Report().Bytes();

        var report = await Read.ReportAsync(bytes[..(int)(bytes.Length * share)]);

        Assert.Null(report?.Split);
        Assert.NotEmpty(report?.Doubt ?? "");
    }

    [Fact]
    public async Task Truncated_envelope_is_read_as_far_as_it_goes()
    {
        var bytes = Report().Bytes();
        var cut = bytes[..bytes.AsSpan().IndexOf("Bcc: cleo"u8)];

        var report = await Read.ReportAsync(cut);

        Assert.Equal("The report ends before its attached message.", report?.Doubt);
        Assert.Equal("anna@example.com", report?.Envelope.Sender);
        Assert.Equal("ben@example.org", Assert.Single(report!.Envelope.Recipients).Address);
    }

    [Fact]
    public async Task Report_is_kept_whole_if_scan_and_parser_disagree()
    {
        // The mail inside claims the report's boundary for its own: who reads innermost first takes the end from the report.
        var inner = "Subject: trap\r\nContent-Type: multipart/mixed; boundary=_report_\r\n\r\nno part\r\n"u8.ToArray();

        var report = await Read.ReportAsync(A.JournalReport().Sender("anna@example.com").Around(inner));

        Assert.Null(report.Split);
        Assert.Equal("The MIME parser finds the attached message elsewhere than the scan does.", report.Doubt);
    }

    [Fact]
    public async Task Report_is_kept_whole_if_the_parser_gives_up()
    {
        var inner = Encoding.UTF8.GetBytes($"Subject: bomb\r\nX-Bomb: {new string('x', 2_000_000)}\r\n\r\n");

        var report = await Read.ReportAsync(A.JournalReport().Sender("anna@example.com").Around(inner));

        Assert.Null(report.Split);
        Assert.Equal("The mail can't be parsed. A header field is longer than 1024 KiB.", report.Doubt);
        Assert.Equal("anna@example.com", report.Envelope.Sender);
    }

    [Fact]
    public async Task Envelope_without_names_does_not_make_a_report()
    {
        var report = await Read.ReportAsync(A.JournalReport().Subject("Offer").Around(Inner));

        Assert.Null(report.Split);
        Assert.Equal("The envelope names neither a sender nor a recipient.", report.Doubt);
    }

    [Fact]
    public async Task Report_comes_back_bit_for_bit()
    {
        var bytes = Report().Bytes();
        var split = (await Read.ReportAsync(bytes))!.Split!;

        Assert.Equal(bytes, Read.Joined(split, Inner));
    }

    private static ReportDraft Draft() => A.JournalReport().Sender("anna@example.com").To("ben@example.org");

    private static ReportDraft Report() => A.JournalReport().Sender("anna@example.com").Subject("Offer").MessageId("offer-1@example.com")
        .To("ben@example.org").Bcc("cleo@example.org", expanded: "all@example.org").Around(Inner);
}
