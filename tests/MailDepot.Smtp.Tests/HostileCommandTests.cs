using MailDepot.Smtp;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>Rows 17–28 of the table of replies: invalid commands.</summary>
public sealed class HostileCommandTests
{
    private const string FiveHundred = "500 5.5.2";

    // Row 17.
    [Fact]
    public async Task A_line_of_2048_bytes_is_a_command_and_one_more_is_too_long()
    {
        var longest = "NOOP " + new string('x', 2_048 - 7) + "\r\n";
        var played = await new SmtpStage().PlayAsync(longest + "x" + longest + "NOOP\r\n");
        played.AssertReplies(["250 2.0.0", FiveHundred, "250 2.0.0"]);
    }

    [Fact]
    public async Task A_long_line_below_64_KB_is_refused_once_and_the_session_continues()
    {
        var played = await new SmtpStage().PlayAsync(new string('x', 65_534) + "\r\nNOOP\r\n");
        played.AssertReplies([FiveHundred, "250 2.0.0"]);
    }

    [Theory]
    [InlineData(65_535)]
    [InlineData(1_048_576)]
    public async Task A_line_beyond_64_KB_closes_the_connection(int bytes)
    {
        var script = Bytes(new string('x', bytes) + "\r\nNOOP\r\n");
        foreach (var pieces in new[] { [script], script.Chunk(1_000) })
        {
            var played = await new SmtpStage().PlayAsync(pieces);
            played.AssertReplies([FiveHundred]);
        }
    }

    [Fact]
    public async Task A_megabyte_without_a_line_end_closes_the_connection() =>
        (await new SmtpStage().PlayAsync(Bytes(new string('x', 1_048_576)).Chunk(4_096))).AssertReplies([FiveHundred]);

    // Row 18.
    [Theory]
    [InlineData("NOOP \0\r\n")]
    [InlineData("NO\0OP\r\n")]
    [InlineData("NOOP ü\r\n")]
    [InlineData("MAIL FROM:<jürgen@depot.example>\r\n")]
    public async Task Nul_and_8_bit_in_a_command_get_500(string line) =>
        (await new SmtpStage().PlayAsync(line + "NOOP\r\n")).AssertReplies([FiveHundred, "250 2.0.0"]);

    // Row 19.
    [Theory]
    [InlineData("NOOP\r\r\n", 1)]
    [InlineData("NO\rOP\r\n", 1)]
    [InlineData("\rNOOP\r\n", 1)]
    [InlineData("NOOP\n\r\n", 2)]
    [InlineData("NOOP\nNOOP\r\n", 2)]
    [InlineData("NOOP\n\nNOOP\r\n", 3)]
    [InlineData("\nNOOP\r\n", 2)]
    public async Task A_bare_CR_or_LF_in_or_at_the_end_of_a_command_gets_500_and_nothing_is_executed(string line, int refusals) =>
        (await new SmtpStage().PlayAsync(line + "QUIT\r\n")).AssertReplies([.. Enumerable.Repeat(FiveHundred, refusals), "221 2.0.0"]);

    [Fact]
    public async Task A_client_that_ends_lines_with_LF_gets_500_at_once()
    {
        var call = new SmtpStage().Call();
        await call.SendAsync("EHLO client.example\n");
        call.Played.AssertReplies([FiveHundred]);
        await call.HangUpAsync();
    }

    [Fact]
    public async Task An_envelope_smuggled_behind_a_bare_LF_is_not_executed()
    {
        var played = await new SmtpStage().PlayAsync(
            Ehlo + "MAIL FROM:<a@a.example>\nRCPT TO:<journal@depot.example>\r\nMAIL FROM:<>\r\nDATA\r\n");
        played.AssertReplies(["250", FiveHundred, FiveHundred, "250 2.1.0", "503 5.5.1"]);
    }

    // Row 21.
    [Theory]
    [InlineData("SIZE=314572800", "250 2.1.0")]
    [InlineData("size=0 body=8bitmime", "250 2.1.0")]
    [InlineData("BODY=7BIT", "250 2.1.0")]
    [InlineData("SIZE=314572801", "552 5.3.4")]
    [InlineData("SIZE=99999999999999999999999", "552 5.3.4")]
    [InlineData("SIZE=-1", "501 5.5.4")]
    [InlineData("SIZE=", "501 5.5.4")]
    [InlineData("SIZE=1x", "501 5.5.4")]
    [InlineData("SIZE=1 SIZE=1", "501 5.5.4")]
    [InlineData("BODY=8BIT", "501 5.5.4")]
    [InlineData("BODY=7BIT BODY=7BIT", "501 5.5.4")]
    [InlineData("BODY=BINARYMIME", "555 5.5.4")]
    [InlineData("SMTPUTF8", "250 2.1.0")]
    [InlineData("SMTPUTF8=1", "555 5.5.4")]
    [InlineData("SMTPUTF8 SMTPUTF8", "501 5.5.4")]
    [InlineData("AUTH=<>", "555 5.5.4")]
    [InlineData("SIZE", "555 5.5.4")]
    public async Task Parameters_of_MAIL_are_checked(string parameters, string reply) =>
        (await new SmtpStage().PlayAsync($"{Ehlo}MAIL FROM:<> {parameters}\r\n")).AssertReplies(["250", reply]);

    // Row 24.
    [Theory]
    [InlineData("EHLO\r\n")]
    [InlineData("EHLO \r\n")]
    [InlineData("HELO\r\n")]
    [InlineData("EHLO a\tb\r\n")]
    [InlineData("EHLO \u007f\r\n")]
    [InlineData("DATA now\r\n")]
    [InlineData("RSET now\r\n")]
    [InlineData("QUIT now\r\n")]
    [InlineData("VRFY\r\n")]
    public async Task A_missing_superfluous_or_unprintable_argument_gets_501(string line) =>
        (await new SmtpStage().PlayAsync(line)).AssertReplies(["501 5.5.4"]);

    // Row 28.
    [Theory]
    [InlineData("XYZZY\r\n")]
    [InlineData("\r\n")]
    [InlineData(" NOOP\r\n")]
    [InlineData("NOOPNOOPNOOPNOOPNOOP\r\n")]
    public async Task An_unknown_verb_gets_500(string line) =>
        (await new SmtpStage().PlayAsync(line)).AssertReplies([FiveHundred]);

    [Fact]
    public async Task Http_ends_the_connection_and_its_body_is_never_executed()
    {
        var played = await new SmtpStage().PlayAsync("POST / HTTP/1.1\r\nHost: depot\r\n\r\n" + Ehlo + Envelope + "DATA\r\nx\r\n.\r\n");
        played.AssertReplies([FiveHundred]);
        Assert.Empty(played.Mails);
        (await new SmtpStage().PlayAsync("GET / HTTP/1.1\r\n\r\n")).AssertReplies([FiveHundred]);
    }

    [Theory]
    [InlineData("STARTTLS\r\n")]
    [InlineData("AUTH PLAIN\r\n")]
    [InlineData("EXPN list\r\n")]
    public async Task A_known_command_that_is_not_offered_gets_502(string line) =>
        (await new SmtpStage().PlayAsync(line)).AssertReplies(["502 5.5.1"]);

    [Fact]
    public async Task Many_pipelined_commands_are_answered_in_portions()
    {
        var call = new SmtpStage { Limits = new SmtpLimits { JunkCommands = int.MaxValue } }.Call();
        await call.SendAsync(string.Concat(Enumerable.Repeat("HELP\r\n", 20_000)));
        var played = await call.HangUpAsync();
        Assert.Equal(20_000, played.Replies.Length);
        Assert.All(call.Flushes, flush => Assert.InRange(flush.Length, 1, 20_000));
    }
}
