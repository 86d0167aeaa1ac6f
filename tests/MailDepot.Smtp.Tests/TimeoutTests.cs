using System.IO.Pipelines;
using System.Text;
using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>Timeouts (row 29) and the end of the host (row 30).</summary>
public sealed class TimeoutTests
{
    private const string Start = Ehlo + Envelope + "DATA\r\n";
    private static readonly string[] Started = ["250", "250 2.1.0", "250 2.1.5", "354"];
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task An_idle_client_gets_421_after_five_minutes()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Ehlo);
        stage.Clock.Advance(TimeSpan.FromMinutes(5) - Second);
        await call.SendAsync("NOOP\r\n");
        stage.Clock.Advance(TimeSpan.FromMinutes(5) - Second);
        Assert.False(call.Session.IsCompleted);
        stage.Clock.Advance(Second);
        (await call.EndAsync()).AssertReplies(["250", "250 2.0.0", "421 4.4.2"]);
    }

    [Fact]
    public async Task A_command_that_trickles_in_does_not_extend_the_idle_timeout()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        var sent = 0;
        while (!call.Session.IsCompleted)
        {
            await call.SendAsync("x");
            sent++;
            stage.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(5, sent);
        (await call.EndAsync()).AssertReplies(["421 4.4.2"]);
    }

    [Fact]
    public async Task A_mail_that_stalls_gets_421_after_three_minutes_and_is_not_stored()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Start + "text");
        stage.Clock.Advance(TimeSpan.FromMinutes(3) - Second);
        Assert.False(call.Session.IsCompleted);
        stage.Clock.Advance(Second);
        var played = await call.EndAsync();
        played.AssertReplies([.. Started, "421 4.4.2"]);
        Assert.Empty(played.Mails);
    }

    [Fact]
    public async Task A_mail_below_the_slowest_rate_gets_421()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Start);
        var sent = 0;
        while (!call.Session.IsCompleted)
        {
            await call.SendAsync(new string('x', 1_000));
            sent++;
            stage.Clock.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.InRange(sent, 9, 10);
        (await call.EndAsync()).AssertReplies([.. Started, "421 4.4.2"]);
    }

    [Fact]
    public async Task A_slow_but_steady_mail_is_accepted()
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(Start);
        for (var i = 0; i < 100; i++)
        {
            await call.SendAsync(new string('x', 2_000));
            stage.Clock.Advance(TimeSpan.FromSeconds(19));
        }

        await call.SendAsync("\r\n.\r\n");
        (await call.HangUpAsync()).AssertReplies([.. Started, "250 2.0.0"]);
    }

    [Fact]
    public async Task A_slow_store_does_not_count_against_the_clients_timeout()
    {
        var gate = new TaskCompletionSource();
        var stage = new SmtpStage
        {
            OnMail = async (_, _, mail, ct) =>
            {
                await gate.Task;
                await mail.CopyToAsync(Stream.Null, ct);
            },
        };
        var call = stage.Call();
        await call.SendAsync(Start + "te");
        stage.Clock.Advance(TimeSpan.FromMinutes(30));
        gate.SetResult();
        await call.SendAsync("xt\r\n.\r\n");
        (await call.HangUpAsync()).AssertReplies([.. Started, "250 2.0.0"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Ehlo + Envelope)]
    [InlineData(Ehlo + "NO")]
    public async Task A_waiting_client_gets_421_when_the_host_stops(string sofar)
    {
        var call = new SmtpStage().Call();
        await call.SendAsync(sofar);
        await call.Stopping.CancelAsync();
        Assert.Equal("421 4.3.2", (await call.HangUpAsync()).Replies[^1]);
    }

    [Theory]
    [InlineData("DATA\r\n")]
    [InlineData("BDAT 4 LAST\r\ntext")]
    public async Task A_client_that_waits_for_memory_gets_421_when_the_host_stops(string begin)
    {
        var call = new SmtpStage { Limits = new() { MemoryBytes = 10 } }.Call();
        await call.SendAsync(Ehlo + Envelope + begin);
        call.Played.AssertReplies(["250", "250 2.1.0", "250 2.1.5"]);
        await call.Stopping.CancelAsync();
        (await call.HangUpAsync()).AssertReplies(["250", "250 2.1.0", "250 2.1.5", "421 4.3.2"]);
    }

    [Fact]
    public async Task A_host_that_stops_just_as_a_command_arrives_disconnects_the_client_with_421()
    {
        var (toSession, fromSession) = (new Pipe(), new Pipe());
        using var stopping = new CancellationTokenSource();
        var endpoint = new SmtpEndpoint(
            new SmtpPolicy(),
            new SmtpLimits(),
            ByDomain,
            (_, _, _) => throw new NotSupportedException(),
            new FakeTimeProvider(),
            NullLogger.Instance);
        await toSession.Writer.WriteAsync("NOOP\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await toSession.Writer.CompleteAsync();
        await SmtpSession.RunAsync(
            new Ends(new StoppingReader(toSession.Reader, stopping), fromSession.Writer), new SmtpPeer(Peer), endpoint, stopping.Token,
            CancellationToken.None);
        var replies = await fromSession.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.EndsWith(
            "421 4.3.2 Shutting down, please try again\r\n", Encoding.ASCII.GetString(replies.Buffer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_connects_while_the_host_stops_gets_421()
    {
        var stopped = new SmtpStage().Call();
        await stopped.Stopping.CancelAsync();
        await stopped.SendAsync(Start + "text\r\n.\r\n");
        var played = await stopped.HangUpAsync();
        played.AssertReplies(["421 4.3.2"]);
        Assert.Empty(played.Mails);
    }

    [Fact]
    public async Task A_running_DATA_continues_when_the_host_stops_and_421_follows_its_250()
    {
        var call = new SmtpStage().Call();
        await call.SendAsync(Start + "one ");
        await call.Stopping.CancelAsync();
        Assert.False(call.Session.IsCompleted);
        await call.SendAsync("mail\r\n.\r\n" + Envelope + "DATA\r\ntwo\r\n.\r\n");
        var played = await call.HangUpAsync();
        played.AssertReplies([.. Started, "250 2.0.0", "421 4.3.2"]);
        Assert.Equal("one mail\r\n", played.Mail);
    }

    [Fact]
    public async Task After_the_grace_period_a_running_DATA_ends_without_a_reply_and_is_not_stored()
    {
        var call = new SmtpStage().Call();
        await call.SendAsync(Start + "text");
        await call.Stopping.CancelAsync();
        await call.Abort.CancelAsync();
        var played = await call.EndAsync();
        played.AssertReplies(Started);
        Assert.Empty(played.Mails);
    }

    [Fact]
    public async Task After_the_grace_period_the_store_is_cancelled()
    {
        var stage = new SmtpStage { OnMail = (_, _, _, ct) => Task.Delay(Timeout.InfiniteTimeSpan, ct) };
        var call = stage.Call();
        await call.SendAsync(Start + "text\r\n.\r\n");
        await call.Abort.CancelAsync();
        (await call.EndAsync()).AssertReplies(Started);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", "500 5.5.2")]
    [InlineData(Ehlo + Envelope + "BDAT 5 LASTX\r\n", "501 5.5.4")]
    public async Task A_client_has_two_seconds_to_notice_the_last_reply(string script, string reply)
    {
        var stage = new SmtpStage();
        var call = stage.Call();
        await call.SendAsync(script);
        Assert.Equal(reply, call.Played.Replies[^1]);
        Assert.True(await call.SendAsync("what it still sends")); // closing now would reset the connection
        Assert.False(call.Session.IsCompleted);
        stage.Clock.Advance(2 * Second);
        await call.EndAsync();
    }

    // Found by SmtpFuzzTests: the reply's turn to look for the next command came when there was no connection any more.
    [Fact]
    public async Task A_connection_that_breaks_while_its_mail_is_stored_is_not_our_error()
    {
        var broken = new TaskCompletionSource();
        var stage = new SmtpStage
        {
            OnMail = async (_, _, mail, ct) =>
            {
                await mail.CopyToAsync(Stream.Null, ct);
                await broken.Task;
            },
        };
        var call = stage.Call();
        await call.SendAsync(Start + "text\r\n.\r\n");
        var end = call.HangUpAsync(new IOException("Connection reset by peer"));
        broken.SetResult();
        await end;
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Stops the host as soon as something was read.</summary>
    private sealed class StoppingReader(PipeReader pipe, CancellationTokenSource stopping) : PipeReader
    {
        public override bool TryRead(out ReadResult result)
        {
            var read = pipe.TryRead(out result);
            stopping.Cancel();
            return read;
        }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => pipe.ReadAsync(cancellationToken);

        public override void AdvanceTo(SequencePosition consumed) => pipe.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => pipe.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => pipe.CancelPendingRead();

        public override void Complete(Exception? exception = null) => pipe.Complete(exception);
    }
}
