using System.Collections.Immutable;
using MailDepot.Benchmarks.Ingest;
using MailDepot.Host.Local;
using MailDepot.Testing.Functions;

namespace MailDepot.Benchmarks.Functions;

/// <summary>How long a worker takes from the start of its process to its first result, with a mail waiting.</summary>
/// <remarks>The first start is discarded: programs and storage are not in memory yet.</remarks>
internal sealed class StartRun(AzuriteProgram program, string app, FunctionsPlan plan, TimeProvider clock)
{
    private static readonly string[] Timers =
    [
        nameof(ListenedFunctions.PollPop3), nameof(ListenedFunctions.NotifyAdministrator), nameof(ListenedFunctions.Housekeeping),
    ];

    /// <summary>Seconds of each start of the published app: the worker's answer to its first call.</summary>
    /// <remarks>The host and its listeners run on, as they do on an instance that replaces its worker.</remarks>
    public async Task<ImmutableArray<double>> FunctionsAsync(CancellationToken ct)
    {
        await using var azurite = await FreshAzurite.StartAsync(program, clock, ct);
        var storage = azurite.ConnectionString(AzuriteAccount.Development.Name);
        var feed = await MailFeed.CreateAsync(storage, plan.Kilobytes, clock, ct);
        var setup = FunctionsWorker.Setup(app, storage, LoopbackDepot.Settings(storage)) with
        {
            HostJson = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["extensions:queues:maxPollingInterval"] = "00:00:00.100", // the mail is there before the worker is
            },
            Schedules = Timers.ToDictionary(timer => timer, _ => "0 0 0 1 1 *", StringComparer.Ordinal), // none makes the first call
        };
        await using var host = await FunctionsHost.StartAsync(setup, ct);
        var seconds = ImmutableArray.CreateBuilder<double>();
        while (true)
        {
            await feed.PutAsync(1, ct);
            var time = await host.FirstResultAsync(ct);
            await feed.EmptyAsync(ct);
            if (feed.Archived > 1)
            {
                seconds.Add(time.TotalSeconds);
            }

            if (seconds.Count == plan.Starts)
            {
                return seconds.ToImmutable();
            }

            await host.TerminateWorkerAsync(ct); // another starts at once
        }
    }

    /// <summary>Seconds of each start of <c>maildepot worker</c>: until its first mail's message is deleted.</summary>
    public async Task<ImmutableArray<double>> HostAsync(CancellationToken ct)
    {
        await using var azurite = await FreshAzurite.StartAsync(program, clock, ct);
        var storage = azurite.ConnectionString(AzuriteAccount.Development.Name);
        var feed = await MailFeed.CreateAsync(storage, plan.Kilobytes, clock, ct);
        var seconds = ImmutableArray.CreateBuilder<double>();
        for (var start = 0; start <= plan.Starts; start++)
        {
            await feed.PutAsync(1, ct);
            var began = clock.GetTimestamp();
            await using var worker = HostWorker.Start(LoopbackDepot.Settings(storage), clock);
            await feed.EmptyAsync(ct);
            if (start > 0)
            {
                seconds.Add(clock.GetElapsedTime(began).TotalSeconds);
            }
        }

        return seconds.ToImmutable();
    }
}
