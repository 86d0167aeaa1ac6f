using MailDepot.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Testing.SmtpStage;

namespace MailDepot.Tests.Smtp;

/// <summary>The memory shared by mails in transit.</summary>
public sealed class MemoryBudgetTests
{
    private const string Small = Ehlo + "MAIL FROM:<> SIZE=1000\r\nRCPT TO:<" + JournalAddress + ">\r\n";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Waiters_are_served_in_order_when_memory_is_released()
    {
        var memory = new MemoryBudget(10, clock);
        Assert.True(await memory.AcquireAsync(8, Minute, Token));
        var large = memory.AcquireAsync(6, Minute, Token).AsTask();
        var small = memory.AcquireAsync(2, Minute, Token).AsTask();
        Assert.False(large.IsCompleted || small.IsCompleted); // 2 are free, and the large one came first
        memory.Release(8);
        Assert.True(await large);
        Assert.True(await small);
        Assert.True(await memory.AcquireAsync(2, Minute, Token));
    }

    [Fact]
    public async Task After_a_timeout_those_behind_are_served()
    {
        var memory = new MemoryBudget(10, clock);
        Assert.True(await memory.AcquireAsync(8, Minute, Token));
        var large = memory.AcquireAsync(6, Minute, Token).AsTask();
        clock.Advance(Minute / 2);
        var small = memory.AcquireAsync(2, Minute, Token).AsTask();
        clock.Advance(Minute / 2);
        Assert.False(await large);
        Assert.True(await small);
    }

    [Fact]
    public async Task A_cancelled_waiter_takes_nothing()
    {
        var memory = new MemoryBudget(10, clock);
        Assert.True(await memory.AcquireAsync(10, Minute, Token));
        using var cancel = new CancellationTokenSource();
        var waiting = memory.AcquireAsync(10, Minute, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        memory.Release(10);
        Assert.True(await memory.AcquireAsync(10, Minute, Token));
    }

    [Theory]
    [InlineData("DATA\r\n")]
    [InlineData("BDAT 4 LAST\r\ntext")]
    [InlineData("BDAT 4\r\ntext")]
    public async Task A_mail_without_memory_waits_then_gets_451_and_the_session_goes_on(string begin)
    {
        var stage = new SmtpStage { Limits = new() { MemoryBytes = 10 } };
        var call = stage.Call();
        await call.SendAsync(Small + begin);
        call.Played.AssertReplies(["250", "250 2.1.0", "250 2.1.5"]);
        stage.Clock.Advance(stage.Limits.MemoryWait);
        await Eventually.IsTrueAsync(() => call.Flushes[^1].StartsWith("451 4.3.1 ", StringComparison.Ordinal), "the client is deferred");
        Assert.False(call.Session.IsCompleted);
        Assert.Empty((await call.HangUpAsync()).Mails);
    }

    [Theory]
    [InlineData("DATA\r\n")]
    [InlineData("BDAT 4 LAST\r\ntext")]
    public async Task After_451_the_client_begins_again_with_MAIL(string begin)
    {
        var stage = new SmtpStage { Limits = new() { MemoryBytes = 10 } };
        var call = stage.Call();
        await call.SendAsync(Small + begin);
        stage.Clock.Advance(stage.Limits.MemoryWait);
        await Eventually.IsTrueAsync(() => call.Flushes[^1].StartsWith("451 4.3.1 ", StringComparison.Ordinal), "the client is deferred");
        await call.SendAsync("MAIL FROM:<>\r\n");
        Assert.Equal("250 2.1.0", (await call.HangUpAsync()).Replies[^1]);
    }

    [Theory]
    [InlineData("DATA\r\n", "text\r\n.\r\n")]
    [InlineData("BDAT 4\r\ntext", "BDAT 0 LAST\r\n")]
    public async Task A_mail_holds_its_memory_until_it_is_done(string begin, string end)
    {
        var endpoint = Endpoint(new SmtpLimits { MemoryBytes = 65_536 });
        var first = Call(endpoint);
        await first.SendAsync(Small + begin);
        var second = Call(endpoint);
        await second.SendAsync(Small + "DATA\r\n");
        Assert.DoesNotContain("354", second.Played.Text, StringComparison.Ordinal);
        await first.SendAsync(end);
        await Eventually.IsTrueAsync(() => second.Played.Text.Contains("354 ", StringComparison.Ordinal), "the second mail may come");
        await second.HangUpAsync();
        await first.SendAsync(Small[Ehlo.Length..] + "DATA\r\ntext\r\n.\r\n");
        Assert.Equal("250 2.0.0", (await first.HangUpAsync()).Replies[^1]);
    }

    [Fact]
    public async Task A_client_that_disconnects_inside_its_mail_releases_its_memory()
    {
        var endpoint = Endpoint(new SmtpLimits { MemoryBytes = 65_536 });
        foreach (var begin in new[] { "DATA\r\nte", "BDAT 4\r\ntext", "BDAT 4\r\nte", "BDAT 4\r\ntextRSET\r\n" })
        {
            var call = Call(endpoint);
            await call.SendAsync(Small + begin);
            await call.HangUpAsync();
        }

        var next = Call(endpoint);
        await next.SendAsync(Small + "DATA\r\n");
        Assert.EndsWith("354 Start mail, end with <CRLF>.<CRLF>\r\n", (await next.HangUpAsync()).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MAIL FROM:<> SIZE=65537", false)]
    [InlineData("MAIL FROM:<> SIZE=65536", true)]
    [InlineData("MAIL FROM:<>", false)]
    public async Task Only_a_mail_that_announces_a_small_size_is_small(string mail, bool taken)
    {
        var stage = new SmtpStage { Limits = new() { MemoryBytes = 65_536 } };
        var call = stage.Call();
        await call.SendAsync(Ehlo + mail + "\r\nRCPT TO:<" + JournalAddress + ">\r\nDATA\r\n");
        Assert.Equal(taken, call.Played.Text.Contains("354", StringComparison.Ordinal));
        stage.Clock.Advance(stage.Limits.MemoryWait);
        await call.HangUpAsync();
    }

    [Theory]
    [InlineData("DATA\r\n", "354 ")]
    [InlineData("BDAT 4\r\ntext", "250 2.0.0 Chunk OK")]
    public async Task The_postmasters_mail_is_small_whatever_it_announces(string begin, string reply)
    {
        var stage = new SmtpStage { Limits = new() { MemoryBytes = 65_536 } };
        var call = stage.Call();
        await call.SendAsync(Ehlo + "MAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\n" + begin);
        Assert.Contains(reply, call.Played.Text, StringComparison.Ordinal);
        await call.HangUpAsync();
    }

    [Fact]
    public async Task A_chunk_over_the_limit_releases_the_memory_before_it_has_arrived()
    {
        var endpoint = Endpoint(new SmtpLimits { MemoryBytes = 65_536, MailBytes = 65_536 });
        var first = Call(endpoint);
        await first.SendAsync(Small + "BDAT 4\r\ntextBDAT 100000\r\nx");
        var second = Call(endpoint);
        await second.SendAsync(Small + "DATA\r\n");
        await Eventually.IsTrueAsync(() => second.Played.Text.Contains("354 ", StringComparison.Ordinal), "the second mail may come");
        await second.HangUpAsync();
        Assert.Empty((await first.HangUpAsync()).Mails);
    }

    [Fact]
    public async Task A_mail_larger_than_announced_waits_for_the_rest_of_its_memory_or_is_deferred()
    {
        var stage = new SmtpStage { Limits = new() { MemoryBytes = 65_536 } };
        var call = stage.Call();
        await call.SendAsync(Small + "DATA\r\n" + new string('x', 70_000));
        stage.Clock.Advance(stage.Limits.MemoryWait);
        await call.SendAsync("\r\n.\r\n");
        await Eventually.IsTrueAsync(() => call.Flushes[^1].StartsWith("451 4.3.1 ", StringComparison.Ordinal), "the client is deferred");
        Assert.Empty((await call.HangUpAsync()).Mails);
    }

    private static SmtpCall Call(SmtpEndpoint endpoint) =>
        new(accept => endpoint with { Accept = accept }, onMail: null);

    private SmtpEndpoint Endpoint(SmtpLimits limits) => new(
        new SmtpPolicy(), limits,
        ByDomain,
        (_, _, _) => throw new NotSupportedException(), clock, NullLogger.Instance);
}
