using System.Diagnostics;
using System.Globalization;
using MailDepot.Testing.Functions;

namespace MailDepot.Functions.Tests.Worker;

/// <summary>The worker ends, or its calls do, while 16 mails are at work and more wait: each is archived once.</summary>
public sealed class WorkerStopTests(AzuriteFixture azurite, PublishedAppFixture published)
{
    /// <summary>Enough for a few batches after the one that is at work.</summary>
    private const int Mails = 100;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Killed() => WithCallsAtWorkAsync(async (app, calls) =>
    {
        await app.Host.KillWorkerAsync(Token);
        Assert.Contains(await FailuresAsync(calls), failure => failure is WorkerGoneException);
    });

    [Fact]
    public Task Asked_to_end_by_SIGTERM_it_finishes_what_is_at_work() => WithCallsAtWorkAsync(async (app, calls) =>
    {
        var worker = await app.Host.WorkerProcessIdAsync(Token);
        var asked = Stopwatch.GetTimestamp();
        using var kill = Process.Start("kill", ["-TERM", worker.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Token);
        AssertFinished(await FailuresAsync(calls), asked);
    });

    [Fact]
    public Task Asked_to_end_by_WorkerTerminate_it_finishes_what_is_at_work_in_time() => WithCallsAtWorkAsync(async (app, calls) =>
    {
        var asked = Stopwatch.GetTimestamp();
        var ended = await app.Host.TerminateWorkerAsync(Token);
        var failures = await FailuresAsync(calls);
        AssertFinished(failures, asked);
        Assert.True(ended || failures.Length > 0, "The worker did not end in time and had to be killed.");
    });

    [Fact]
    public async Task Cancelled_calls_are_exported_as_one_line_each_without_a_stack()
    {
        await using var sink = await OtlpSink.StartAsync(Token);
        await WithCallsAtWorkAsync(
            async (app, calls) =>
            {
                await app.Host.CancelCallsAsync(Token);
                var cancelled = await FailuresAsync(calls);
                Assert.NotEmpty(cancelled);
                Assert.All(cancelled, call => Assert.Equal(
                    "ArchiveMail was cancelled by the Functions host. Its message comes back.", call.Message));
                await Eventually.IsTrueAsync(
                    () => Occurrences(sink.Text("logs"), "Invocation id") >= cancelled.Length, "cancelled calls are exported");
            },
            sink.Settings());
        Assert.DoesNotContain("   at ", sink.Text("logs"), StringComparison.Ordinal);
    }

    private static int Occurrences(string text, string word) => text.Split(word).Length - 1;

    private async Task WithCallsAtWorkAsync(
        Func<HostedApp, ICollection<Task>, Task> stopAsync, IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        await using var app = await HostedApp.CreateAsync(published, await azurite.NextAccountAsync(), settings);
        var tickets = await app.ReceiveAsync(Mails);
        await app.StartAsync();
        await stopAsync(app, await app.AtWorkAsync(Pipeline.BatchSize));
        await app.AreArchivedOnceAsync(tickets);
    }

    /// <summary>Of the calls that failed; others were done a moment before.</summary>
    private static async Task<Exception[]> FailuresAsync(ICollection<Task> calls)
    {
        await Task.WhenAll(calls).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return [.. calls.Select(call => call.Exception?.InnerException).OfType<Exception>()];
    }

    /// <summary>
    /// The worker finished its calls; on a machine too busy for that, it waited for them as long as it may. Single calls may have been
    /// on the way to it.
    /// </summary>
    private static void AssertFinished(Exception[] failures, long asked)
    {
        if (Stopwatch.GetElapsedTime(asked) < CallsAtWork.Grace)
        {
            Assert.InRange(failures.Length, 0, Pipeline.BatchSize / 4);
        }
    }
}
