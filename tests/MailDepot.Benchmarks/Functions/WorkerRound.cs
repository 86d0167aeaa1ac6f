using System.Diagnostics;
using MailDepot.Benchmarks.Ingest;
using MailDepot.Host.Local;
using MailDepot.Testing.Functions;

namespace MailDepot.Benchmarks.Functions;

/// <summary>One worker archives the plan's mails, on a fresh Azurite and with a collector of its own for its telemetry.</summary>
internal sealed class WorkerRound(AzuriteProgram program, FunctionsPlan plan, TimeProvider clock)
{
    private static readonly string[] Signals = ["traces", "logs"];

    /// <param name="start">Starts the worker with these settings, on the storage with this connection string.</param>
    /// <param name="ct">Cancels the round.</param>
    /// <exception cref="BrokenRunException">A mail was lost, or the worker stopped working.</exception>
    public async Task<RoundFigures> RunAsync(
        Func<string, IReadOnlyDictionary<string, string?>, Task<IWorkerProcess>> start, CancellationToken ct)
    {
        await using var azurite = await FreshAzurite.StartAsync(program, clock, ct);
        await using var sink = await OtlpSink.StartAsync(ct);
        var storage = azurite.ConnectionString(AzuriteAccount.Development.Name);
        var feed = await MailFeed.CreateAsync(storage, plan.Kilobytes, clock, ct);
        var settings = LoopbackDepot.Settings(storage).Concat(sink.UsualSettings()).ToDictionary(StringComparer.Ordinal);
        await using var worker = await start(storage, settings);
        await feed.PutAsync(1, ct);
        await feed.EmptyAsync(ct);
        await Task.Delay(plan.Rest, clock, ct);
        var idle = ResidentMemory.Bytes(worker.Id);

        await feed.UntilArchivedAsync(plan.Mails / 2, ct);
        var (began, cpu, before) = (clock.GetTimestamp(), CpuTime(worker.Id), feed.Archived);
        await feed.UntilArchivedAsync(plan.Mails, ct);
        var (time, work, mails) = (clock.GetElapsedTime(began), CpuTime(worker.Id) - cpu, feed.Archived - before);
        var after = ResidentMemory.Bytes(worker.Id);

        await feed.EmptyAsync(ct);
        await worker.EndAsync(ct);
        return new RoundFigures(
            mails / time.TotalSeconds,
            work.TotalMilliseconds / mails,
            idle,
            after,
            Signals.Sum(sink.Bytes) / (double)feed.Archived,
            sink.Bytes("metrics") / Math.Max(1, sink.Exports("metrics")));
    }

    /// <summary>Of user and kernel so far, from <c>/proc/PID/stat</c>.</summary>
    private static TimeSpan CpuTime(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return process.TotalProcessorTime;
    }
}
