using System.Text;
using MailDepot.Mail;


namespace MailDepot.Tests.Mail;

/// <summary>Lines that programs leave before a mail's header.</summary>
public sealed class HeaderPreambleTests
{
    private const string Mbox = "From ada@example.com Mon Mar  2 10:00:00 2026\n";

    [Theory]
    [InlineData("\n")]
    [InlineData("   \n")]
    [InlineData("\t\n \n")]
    [InlineData("\n\n\n")]
    [InlineData("Microsoft Mail Internet Headers Version 2.0\n")]
    [InlineData("Microsoft Mail Internet Headers Version 2.0\n\n")]
    [InlineData(">" + Mbox)]
    [InlineData(Mbox + "\n")]
    [InlineData(Mbox + ">" + Mbox)]
    [InlineData("AdMgkmhqf2IeNew7jgA8L5jAnlGoCpHedixmG0QjnMS5mTPVPcGlZ9TUreAkj\nnAb01d==\n")]
    [InlineData("garbage\n")]
    [InlineData("220 mx.example.net ESMTP ready\n354 Go ahead\n")]
    [InlineData("Some program says:\n\tfolded words\n")]
    [InlineData(" \n" + ">" + Mbox + "word\n")]
    [InlineData("\uFEFF\n")]
    [InlineData("\uFEFFgarbage\n")]
    [InlineData("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n")]
    public async Task Lines_before_the_header_change_nothing_but_a_flag(string lines)
    {
        foreach (var lineEnd in new[] { "\n", "\r\n" })
        {
            var plain = Draft(lineEnd).Bytes();
            byte[] mail = [.. Encoding.UTF8.GetBytes(lines.ReplaceLineEndings(lineEnd)), .. plain];
            var facts = (await Read.MailAsync(plain)).Facts;

            var reading = await Read.MailAsync(mail);
            var report = await Read.ReportAsync(Report(mail));

            Assert.Null(reading.Defect);
            Assert.Equal((Digest.Of(mail), mail.LongLength), (reading.Sha256, reading.Bytes));
            Assert.Equal(Json(facts with { Flags = [MailFlag.HeaderPreceded] }), Json(reading.Facts));
            Assert.Null(report!.Doubt);
            Assert.Equal(Digest.Of(mail), report.Split!.Sha256);
            Assert.Equal(Json(reading.Facts), Json(report.Inside!));
            Assert.Equal(Json(reading.Facts), Json(report.Split.Facts));
        }
    }

    [Theory]
    [InlineData(Mbox)]
    [InlineData("\uFEFF")]
    public async Task Byte_order_mark_before_the_header_is_not_flagged(string mark)
    {
        byte[] mail = [.. Encoding.UTF8.GetBytes(mark), .. Draft("\n").Bytes()];

        var reading = await Read.MailAsync(mail);

        Assert.Equal("Quarter figures", reading.Facts.Subject);
        Assert.Equal("anna@example.com", Assert.Single(reading.Facts.From).Address);
        Assert.Empty(reading.Facts.Flags);
        Assert.Equal(Json(reading.Facts), Json((await Read.ReportAsync(Report(mail)))!.Inside!));
    }

    [Theory]
    [InlineData("\nNote: please call\nRegards: Ada\n\nbye\n")]
    [InlineData("\nSubject: the meeting\n\nIt is at noon.\n")]
    [InlineData("\nFrom: Ada\nTo: Ben\nwas on the card.\n\n")]
    [InlineData("\nFrom: Ada\nSent: Monday\nTo: Ben\nSubject: lunch\n\nAt noon?\n")]
    [InlineData("Dear Ben,\n\nFrom: today\nTo: tomorrow\n\nSubject: lunch\n")]
    [InlineData(
        "-------- Forwarded Message --------\nSubject: lunch\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nFrom: ada@example.com\n"
            + "To: ben@example.net\n\nAt noon?\n")]
    [InlineData("Hello Ben,\nSubject: lunch\n\nAt noon?\n")]
    [InlineData("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\nFrom: ada@example.com\nMessage-ID: <a@example.com>\n\nx\n")]
    public async Task Text_without_a_header_is_not_taken_for_one(string text)
    {
        foreach (var lineEnd in new[] { "\n", "\r\n" })
        {
            var reading = await Read.MailAsync(Encoding.UTF8.GetBytes(text.ReplaceLineEndings(lineEnd)));

            Assert.Null(reading.Facts.Subject);
            Assert.Empty(reading.Facts.From);
            Assert.DoesNotContain(MailFlag.HeaderPreceded, reading.Facts.Flags);
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("Microsoft Mail Internet Headers Version 2.0\n")]
    [InlineData(" \n\ngarbage\n")]
    public async Task Message_inside_a_mail_with_lines_before_its_header_is_found_where_it_is(string lines)
    {
        var inner = A.Mail().Subject("inside").Bytes();
        byte[] mail = [.. Encoding.UTF8.GetBytes(lines), .. A.Mail().Attached(inner).Bytes()];

        var message = Assert.Single((await Read.MailAsync(mail)).Messages);

        Assert.Equal(inner, mail.AsSpan((int)message.Offset, (int)message.Length));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("Microsoft Mail Internet Headers Version 2.0\r\n")]
    public async Task Report_with_lines_before_its_header_is_split(string lines)
    {
        var inner = A.Mail().Bytes();
        byte[] report = [.. Encoding.UTF8.GetBytes(lines), .. Report(inner)];

        var read = await Read.ReportAsync(report);

        Assert.Null(read!.Doubt);
        Assert.Equal(inner, report.AsSpan((int)read.Split!.Offset, (int)read.Split.Length));
        Assert.Equal("ben@example.org", Assert.Single(read.Envelope.Recipients).Address);
    }

    [Fact]
    public async Task Report_inside_a_report_is_opened_even_after_an_empty_line()
    {
        byte[] inner = [.. "\r\n"u8, .. Report(A.Mail().Bytes(), "inner")];

        var read = await Read.ReportAsync(
            A.JournalReport().Sender("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com").To("journal@example.net")
                .Boundary("outer").Around(inner));

        Assert.Null(read.Doubt);
        Assert.Equal(["ben@example.org", "journal@example.net"], read.Envelope.Recipients.Select(to => to.Address), StringComparer.Ordinal);
        Assert.Equal("Offer", read.Inside!.Subject);
    }

    private static MailDraft Draft(string lineEnd)
    {
        var draft = A.Mail().Subject("Quarter figures").Attachment("figures.bin", "application/octet-stream", [1, 2, 3]);
        return lineEnd == "\n" ? draft.WithLfOnly() : draft;
    }

    private static byte[] Report(byte[] mail, string boundary = "_report_") =>
        A.JournalReport().Sender("anna@example.com").To("ben@example.org").Boundary(boundary).Around(mail).Bytes();

    private static string Json(MailFacts facts) => System.Text.Json.JsonSerializer.Serialize(facts);
}
