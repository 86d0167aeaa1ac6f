using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>RFC 2920.</summary>
public sealed class PipeliningTests
{
    [Fact]
    public async Task Replies_to_one_packet_of_commands_leave_in_one_flush()
    {
        var call = new SmtpStage().Call();
        await call.SendAsync(Ehlo);
        await call.SendAsync(Envelope + "RCPT TO:<b@elsewhere.example>\r\nDATA\r\n");
        await call.SendAsync("text\r\n.\r\nNOOP\r\nQUIT\r\n");
        await call.HangUpAsync();
        Assert.Collection(
            call.Flushes,
            flush => Assert.StartsWith("220 ", flush, StringComparison.Ordinal),
            flush => Assert.StartsWith("250-mx.depot.example\r\n", flush, StringComparison.Ordinal),
            flush => Assert.Matches("^250 2.1.0 .*\r\n250 2.1.5 .*\r\n550 5.1.1 .*\r\n354 .*\r\n$", flush),
            flush => Assert.Matches("^250 2.0.0 .*\r\n250 2.0.0 OK\r\n221 2.0.0 .*\r\n$", flush));
    }

    [Fact]
    public async Task A_whole_session_in_one_packet_works_even_with_the_body_before_354()
    {
        var call = new SmtpStage().Call();
        await call.SendAsync(Ehlo + Envelope + "DATA\r\none\r\n.\r\n" + Envelope + "DATA\r\n..two\r\n.\r\nQUIT\r\n");
        var played = await call.EndAsync();
        Assert.Equal("one\r\n|.two\r\n", string.Join('|', played.Mails.Select(mail => mail.Mail)));
        Assert.Equal("221 2.0.0", played.Replies[^1]);
    }

    [Fact]
    public async Task Half_a_command_after_complete_ones_does_not_hold_back_their_replies()
    {
        var call = new SmtpStage().Call();
        await call.SendAsync(Ehlo + "NOOP\r\nNO");
        call.Played.AssertReplies(["250", "250 2.0.0"]);
        await call.SendAsync("OP\r\n");
        (await call.HangUpAsync()).AssertReplies(["250", "250 2.0.0", "250 2.0.0"]);
    }

    [Fact]
    public async Task What_follows_QUIT_is_not_executed()
    {
        var played = await new SmtpStage().PlayAsync(Ehlo + "QUIT\r\nNOOP\r\n");
        played.AssertReplies(["250", "221 2.0.0"]);
    }

    [Fact]
    public async Task A_client_that_closes_its_side_still_gets_its_replies()
    {
        var played = await new SmtpStage().PlayAsync([Bytes(Ehlo + Envelope + "DATA\r\ntext\r\n.\r\n")]);
        Assert.Equal("250 2.0.0", played.Replies[^1]);
        Assert.Equal("text\r\n", played.Mail);
    }
}
