using System.Text;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>Row 27 of the table of replies: non-ASCII addresses (RFC 6531).</summary>
public sealed class Utf8Tests
{
    /// <summary>Scripts are bytes: these are UTF-8.</summary>
    private static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    [Fact]
    public async Task A_non_ASCII_address_needs_SMTPUTF8()
    {
        var played = await new SmtpStage().PlayAsync(Utf8(
            $"{Ehlo}MAIL FROM:<jürgen@grün.example>\r\nMAIL FROM:<>\r\nRCPT TO:<пост@depot.example>\r\nRSET\r\n"
            + "MAIL FROM:<jürgen@grün.example> SMTPUTF8\r\nRCPT TO:<пост@depot.example>\r\nDATA\r\nx\r\n.\r\n"));
        played.AssertReplies(["250", "553 5.6.7", "250 2.1.0", "553 5.6.7", "250 2.0.0", "250 2.1.0", "250 2.1.5", "354", "250 2.0.0"]);
        Assert.Equal(("jürgen@grün.example", "пост@depot.example"), (played.Mails[0].Source.From, played.Mails[0].Source.To[0]));
    }

    [Fact]
    public async Task SMTPUTF8_holds_for_one_transaction()
    {
        var played = await new SmtpStage().PlayAsync(Utf8(
            $"{Ehlo}MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<journal@depot.example>\r\nDATA\r\nx\r\n.\r\n"
            + "MAIL FROM:<>\r\nRCPT TO:<пост@depot.example>\r\n"));
        played.AssertReplies(["250", "250 2.1.0", "250 2.1.5", "354", "250 2.0.0", "250 2.1.0", "553 5.6.7"]);
    }

    [Theory]
    [InlineData("MAIL FROM:<j\xfcrgen@depot.example> SMTPUTF8\r\n")]
    [InlineData("MAIL FROM:<\xc3@depot.example> SMTPUTF8\r\n")]
    [InlineData("NOOP \xc3\xbc\r\n")]
    [InlineData("EHLO \xc3\xbc\r\n")]
    public async Task Invalid_UTF_8_or_non_ASCII_outside_a_path_gets_500(string line) =>
        (await new SmtpStage().PlayAsync(Ehlo + line)).AssertReplies(["250", "500 5.5.2"]);
}
