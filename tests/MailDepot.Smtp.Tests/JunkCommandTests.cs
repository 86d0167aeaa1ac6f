using MailDepot.Smtp;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>A client that sends commands but no mail can't keep its connection forever.</summary>
public sealed class JunkCommandTests
{
    private const string Closed = "421 4.7.0";

    [Theory]
    [InlineData("NOOP\r\n")]
    [InlineData("RSET\r\n")]
    [InlineData("HELP\r\n")]
    [InlineData("VRFY anna\r\n")]
    [InlineData("EHLO again.example\r\n")]
    [InlineData("WHAT\r\n")]
    [InlineData("NOOP \0\r\n")]
    [InlineData("NOOP\n\r\n")]
    [InlineData("DATA\r\n")]
    [InlineData("RCPT TO:<journal@depot.example>\r\n")]
    [InlineData("MAIL FROM:<> SIZE=99999999999\r\n")]
    [InlineData("BDAT 1\r\nx")]
    public async Task Too_many_commands_without_a_mail_end_with_421(string command)
    {
        var played = await Stage.PlayAsync(Ehlo + string.Concat(Enumerable.Repeat(command, 12)) + "NOOP\r\n");
        Assert.Equal(Closed, played.Replies[^1]);
        Assert.Equal(1 + Stage.Limits.JunkCommands + 1, played.Replies.Length);
    }

    [Fact]
    public async Task A_mail_resets_the_count()
    {
        var once = "NOOP\r\nNOOP\r\n" + Envelope + "DATA\r\nx\r\n.\r\n";
        var played = await Stage.PlayAsync(Ehlo + string.Concat(Enumerable.Repeat(once, 4)) + "QUIT\r\n");
        Assert.Equal(4, played.Mails.Length);
        Assert.Equal("221 2.0.0", played.Replies[^1]);
    }

    [Fact]
    public async Task Recipients_that_are_refused_are_not_counted()
    {
        var strangers = string.Concat(Enumerable.Repeat("RCPT TO:<a@elsewhere.example>\r\n", 50));
        var played = await Stage.PlayAsync(
            [Bytes(Ehlo + "MAIL FROM:<>\r\n" + strangers + "RCPT TO:<" + JournalAddress + ">\r\nDATA\r\nx\r\n.\r\n")]);
        Assert.Equal("x\r\n", played.Mail);
    }

    [Fact]
    public async Task Refused_recipients_beyond_the_limit_of_a_mail_are_counted()
    {
        var stage = new SmtpStage { Limits = new SmtpLimits { JunkCommands = 3, Recipients = 5 } };
        var strangers = string.Concat(Enumerable.Repeat("RCPT TO:<a@elsewhere.example>\r\n", 12));
        var played = await stage.PlayAsync(Ehlo + "MAIL FROM:<>\r\n" + strangers);
        played.AssertReplies(["250", "250 2.1.0", .. Enumerable.Repeat("550 5.1.1", 5 + 3), Closed]);
    }

    [Fact]
    public async Task Abandoned_transactions_are_counted_by_their_resets()
    {
        var played = await Stage.PlayAsync(
            Ehlo + string.Concat(Enumerable.Repeat("MAIL FROM:<>\r\nRCPT TO:<a@elsewhere.example>\r\nRSET\r\n", 5)));
        Assert.Equal(Closed, played.Replies[^1]);
    }

    [Fact]
    public async Task QUIT_is_answered_even_at_the_limit()
    {
        var played = await Stage.PlayAsync(Ehlo + "NOOP\r\nNOOP\r\nNOOP\r\nQUIT\r\n");
        Assert.Equal("221 2.0.0", played.Replies[^1]);
    }

    private static SmtpStage Stage => new() { Limits = new SmtpLimits { JunkCommands = 3 } };
}
