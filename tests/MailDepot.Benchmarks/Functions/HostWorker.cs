using System.Diagnostics;
using MailDepot.Host.Local;

namespace MailDepot.Benchmarks.Functions;

/// <summary><c>maildepot worker</c> in a process of its own.</summary>
internal sealed class HostWorker : IWorkerProcess
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    private readonly Process process;
    private readonly TimeProvider clock;

    private HostWorker(Process process, TimeProvider clock) => (this.process, this.clock) = (process, clock);

    public int Id => process.Id;

    /// <summary>Starts it on running storage; it may not be ready when this returns.</summary>
    public static HostWorker Start(IReadOnlyDictionary<string, string?> settings, TimeProvider clock)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "maildepot"), ["worker"]) { UseShellExecute = false };
        start.Environment["MailDepot__HealthPort"] = "0"; // any free one
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return new(Process.Start(start)!, clock);
    }

    public Task EndAsync(CancellationToken ct) => ProcessSignal.EndAsync(process, StopTimeout, clock, ct);

    public async ValueTask DisposeAsync()
    {
        await EndAsync(CancellationToken.None);
        process.Dispose();
    }
}
