using MailDepot.Smtp;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>Rows 7–14 of the table of replies: mail in chunks (RFC 3030).</summary>
public sealed class ChunkTests
{
    private const string Start = Ehlo + Envelope;
    private const string Misplaced = "503 5.5.1";
    private static readonly string[] Started = ["250", "250 2.1.0", "250 2.1.5"];

    // Row 7, and 1–5 for chunks.
    [Theory]
    [InlineData("one\ntwo\r\n")]
    [InlineData("a\r\n.\r\nMAIL FROM:<>\r\n")]
    [InlineData("..\r\n.")]
    [InlineData("\0\xff\n\r")]
    [InlineData("")]
    public async Task A_chunk_keeps_any_bytes(string mail)
    {
        var played = await new SmtpStage().PlayAsync($"{Start}BDAT {mail.Length} LAST\r\n{mail}QUIT\r\n");
        played.AssertReplies([.. Started, "250 2.0.0", "221 2.0.0"]);
        Assert.Equal(mail, played.Mail);
        Assert.Contains($"250 2.0.0 {Ticket(0):D}\r\n", played.Text, StringComparison.Ordinal);
    }

    // Row 8.
    [Fact]
    public async Task Chunks_are_one_mail_which_ends_with_LAST_also_when_that_is_empty()
    {
        var played = await new SmtpStage().PlayAsync($"{Start}BDAT 3\r\nonebdat 4\r\n\ntwoBDAT 0 last\r\n{Envelope}BDAT 5 LAST\r\nthree");
        played.AssertReplies([.. Started, "250 2.0.0", "250 2.0.0", "250 2.0.0", "250 2.1.0", "250 2.1.5", "250 2.0.0"]);
        Assert.Equal(["one\ntwo", "three"], played.Mails.Select(mail => mail.Mail));
    }

    // Row 9.
    [Fact]
    public async Task Empty_chunks_are_accepted_up_to_a_limit()
    {
        var stage = new SmtpStage { Limits = new SmtpLimits { JunkCommands = 3 } };
        var played = await stage.PlayAsync($"{Start}BDAT 0\r\nBDAT 0\r\nBDAT 0\r\nBDAT 1\r\nxBDAT 0\r\nQUIT\r\n");
        played.AssertReplies([.. Started, "250 2.0.0", "250 2.0.0", "250 2.0.0", "250 2.0.0", "421 4.7.0"]);
        Assert.Empty(played.Mails);
    }

    // Row 10.
    [Theory]
    [InlineData("BDAT -1")]
    [InlineData("BDAT 0x5")]
    [InlineData("BDAT 100000000000000000000")]
    [InlineData("BDAT 5 LASTX")]
    [InlineData("BDAT 5 LAST LAST")]
    [InlineData("BDAT")]
    [InlineData("BDAT LAST")]
    public async Task A_chunk_of_unknown_length_ends_the_connection(string line)
    {
        var played = await new SmtpStage().PlayAsync($"{Start}{line}\r\nMAIL FROM:<>\r\n");
        played.AssertReplies([.. Started, "501 5.5.4"]);
        Assert.Empty(played.Mails);
    }

    // The same reason: where the next command begins can't be known.
    [Theory]
    [InlineData("BDAT 6 LAST\n")]
    [InlineData("bdat 6 LAST\n\r\n")]
    [InlineData("BDAT 6\r LAST\r\n")]
    [InlineData("BDAT 6\xff\r\n")]
    [InlineData("BDAT 6\0\r\n")]
    [InlineData("BDAT\t6\r\n")]
    [InlineData("BDAT6\r\n")]
    public async Task A_malformed_BDAT_line_ends_the_connection_and_its_chunk_is_not_executed(string line)
    {
        var played = await new SmtpStage().PlayAsync($"{Start}{line}RSET\r\nQUIT\r\n");
        played.AssertReplies([.. Started, "501 5.5.4"]);
    }

    [Fact]
    public async Task A_chunk_whose_line_is_too_long_ends_the_connection()
    {
        var script = Bytes($"{Start}BDAT 6{new string(' ', 5_000)}LAST\r\nRSET\r\nQUIT\r\n");
        foreach (var pieces in new[] { [script], script.Chunk(1), script.Chunk(3_000) })
        {
            (await new SmtpStage().PlayAsync(pieces)).AssertReplies([.. Started, "501 5.5.4"]);
        }
    }

    // Row 11.
    [Theory]
    [InlineData("")]
    [InlineData(Ehlo)]
    [InlineData(Ehlo + "MAIL FROM:<>\r\n")]
    public async Task A_chunk_without_a_recipient_is_read_before_it_is_refused(string before)
    {
        var played = await new SmtpStage().PlayAsync($"{before}BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
        Assert.Equal([Misplaced, Misplaced, "250 2.0.0"], played.Replies[^3..]);
        Assert.Empty(played.Mails);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Ehlo + "MAIL FROM:<>\r\n")]
    public async Task A_chunk_without_a_recipient_over_the_limit_is_refused_at_once_and_ends_the_connection(string before)
    {
        var stage = new SmtpStage { Limits = new SmtpLimits { MailBytes = 5 } };
        var played = await stage.PlayAsync($"{before}BDAT 5\r\nQUIT\nBDAT 6\r\nQUIT\r\nNOOP\r\n");
        Assert.Equal([Misplaced, Misplaced], played.Replies[^2..]);
        await AssertClosedAsync(new SmtpStage(), before + "BDAT 9223372036854775807\r\nNOOP\r\n", Misplaced);
    }

    [Fact]
    public async Task A_chunk_beyond_twice_the_limit_is_refused_at_once_and_ends_the_connection() =>
        await AssertClosedAsync(
            new SmtpStage { Limits = new SmtpLimits { MailBytes = 10 } }, $"{Start}BDAT 4\r\ntextBDAT 17\r\nNOOP\r\n", "552 5.3.4");

    // Row 12.
    [Theory]
    [InlineData("DATA\r\n")]
    [InlineData("MAIL FROM:<>\r\n")]
    [InlineData("RCPT TO:<" + JournalAddress + ">\r\n")]
    public async Task After_a_chunk_only_chunks_belong_to_the_mail(string line)
    {
        var played = await new SmtpStage().PlayAsync($"{Start}BDAT 3\r\none{line}BDAT 3 LAST\r\ntwo");
        played.AssertReplies([.. Started, "250 2.0.0", Misplaced, "250 2.0.0"]);
        Assert.Equal("onetwo", played.Mail);
    }

    // Row 13.
    [Theory]
    [InlineData("RSET\r\n", "250 2.0.0")]
    [InlineData(Ehlo, "250")]
    public async Task A_reset_between_chunks_forgets_the_mail(string reset, string reply)
    {
        var played = await new SmtpStage().PlayAsync($"{Start}BDAT 3\r\none{reset}{Envelope}BDAT 3 LAST\r\ntwo");
        played.AssertReplies([.. Started, "250 2.0.0", reply, "250 2.1.0", "250 2.1.5", "250 2.0.0"]);
        Assert.Equal("two", played.Mail);
    }

    [Theory]
    [InlineData("BDAT 3 LAST\r\nabc", new[] { Misplaced })]
    [InlineData("BDAT 3\r\nabcRSET\r\n", new[] { Misplaced, "250 2.0.0" })]
    [InlineData("DATA\r\nBDAT 3 LAST\r\nabc", new[] { Misplaced, Misplaced })]
    public async Task After_a_chunk_that_failed_the_rest_is_discarded_until_LAST_or_RSET(string rest, string[] replies)
    {
        var stage = new SmtpStage
        {
            OnMail = (number, _, mail, ct) =>
                number == 0 ? throw new IOException("storage is away") : mail.CopyToAsync(Stream.Null, ct),
        };
        var played = await stage.PlayAsync($"{Start}BDAT 3\r\none{rest}{Envelope}BDAT 3 LAST\r\ntwo");
        played.AssertReplies([.. Started, "451 4.3.0", .. replies, "250 2.1.0", "250 2.1.5", "250 2.0.0"]);
    }

    [Fact]
    public async Task A_mail_that_fails_at_its_last_chunk_leaves_the_session_ready_for_the_next()
    {
        var stage = new SmtpStage
        {
            OnMail = async (number, _, mail, ct) =>
            {
                await mail.CopyToAsync(Stream.Null, ct);
                if (number == 0)
                {
                    throw new IOException("storage is away");
                }
            },
        };
        var played = await stage.PlayAsync($"{Start}BDAT 3 LAST\r\none{Envelope}BDAT 3 LAST\r\ntwo");
        played.AssertReplies([.. Started, "451 4.3.0", "250 2.1.0", "250 2.1.5", "250 2.0.0"]);
    }

    // Row 22 for chunks.
    [Fact]
    public async Task A_mail_over_the_limit_gets_552_and_nothing_is_stored()
    {
        var stage = new SmtpStage { Limits = new SmtpLimits { MailBytes = 5 } };
        var played = await stage.PlayAsync(
            $"{Start}BDAT 3\r\nabcBDAT 3\r\ndefBDAT 3 LAST\r\nghi{Envelope}BDAT 6 LAST\r\nabcdef{Envelope}BDAT 5 LAST\r\nabcde");
        played.AssertReplies(
            [
                .. Started, "250 2.0.0", "552 5.3.4", Misplaced, "250 2.1.0", "250 2.1.5", "552 5.3.4", "250 2.1.0", "250 2.1.5",
                "250 2.0.0",
            ]);
        Assert.Equal("abcde", played.Mail);
    }

    // Row 29 for chunks.
    [Theory]
    [InlineData("BDAT 5")]
    [InlineData("BDAT 5\r\nabc")]
    [InlineData("BDAT 3\r\nabc")]
    [InlineData("BDAT 3\r\nabcBDAT 5 LAST\r\nde")]
    public async Task Nothing_is_stored_if_the_client_disconnects_before_the_end(string chunks) =>
        Assert.Empty((await new SmtpStage().PlayAsync(Start + chunks)).Mails);

    [Fact]
    public async Task A_client_that_falls_silent_inside_a_chunk_gets_421()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Start + "BDAT 5 LAST\r\nabc");
        stage.Clock.Advance(stage.Limits.DataBlockTimeout);
        (await call.EndAsync()).AssertReplies([.. Started, "421 4.4.2"]);
        Assert.Empty(call.Played.Mails);
    }

    [Theory]
    [InlineData("NOOP\r\n", "250 2.0.0")]
    [InlineData("BDAT 1\r\nx", "250 2.0.0")]
    [InlineData("BDAT 0\r\n", "250 2.0.0")]
    [InlineData("DATA\r\n", Misplaced)]
    public async Task Commands_between_chunks_do_not_extend_the_timeout(string line, string reply)
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Start + "BDAT 3\r\none");
        for (var i = 0; i < 2; i++)
        {
            stage.Clock.Advance(stage.Limits.DataBlockTimeout / 3);
            await call.SendAsync(line);
        }

        Assert.False(call.Session.IsCompleted);
        stage.Clock.Advance(stage.Limits.DataBlockTimeout / 3);
        await Eventually.IsTrueAsync(() => call.Session.IsCompleted, "the client is let go");
        (await call.EndAsync()).AssertReplies([.. Started, "250 2.0.0", reply, reply, "421 4.4.2"]);
    }

    [Fact]
    public async Task A_slow_but_steady_mail_in_chunks_is_accepted_whatever_their_size()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Start);
        for (var i = 0; i < 100; i++)
        {
            await call.SendAsync("BDAT 2000\r\n" + new string('x', 2_000));
            stage.Clock.Advance(TimeSpan.FromSeconds(19));
        }

        await call.SendAsync("BDAT 0 LAST\r\n");
        Assert.Equal(200_000, (await call.HangUpAsync()).Mail.Length);
    }

    [Fact]
    public async Task A_mail_in_chunks_continues_when_the_host_stops_and_then_the_client_is_disconnected()
    {
        var call = new SmtpStage().Call();
        await call.SendAsync(Start + "BDAT 3\r\none");
        await call.Stopping.CancelAsync();
        await call.SendAsync("BDAT 3 LAST\r\ntwo");
        (await call.HangUpAsync()).AssertReplies([.. Started, "250 2.0.0", "250 2.0.0", "421 4.3.2"]);
        Assert.Equal("onetwo", call.Played.Mail);
    }

    [Fact]
    public async Task Chunks_and_commands_may_arrive_in_one_packet()
    {
        var played = await new SmtpStage()
            .PlayAsync([Bytes($"{Start}BDAT 100000\r\n{new string('x', 100_000)}BDAT 1 LAST\r\ny{Envelope}DATA\r\nz\r\n.\r\nQUIT\r\n")]);
        Assert.Equal([100_001, 3], played.Mails.Select(mail => mail.Mail.Length));
        Assert.Equal("221 2.0.0", played.Replies[^1]);
    }

    /// <summary>The client keeps its side open; the server ends the connection.</summary>
    private static async Task AssertClosedAsync(SmtpStage stage, string script, string reply)
    {
        var call = stage.Call();
        await call.SendAsync(script);
        await call.IsLetGoAsync(stage.Clock);
        Assert.Equal(reply, (await call.EndAsync()).Replies[^1]);
    }

    // Row 14.
    [Fact]
    public async Task BINARYMIME_is_not_offered() =>
        (await new SmtpStage().PlayAsync($"{Ehlo}MAIL FROM:<> BODY=BINARYMIME\r\n")).AssertReplies(["250", "555 5.5.4"]);
}
