using MailDepot.Host.Serving;

namespace MailDepot.Host.Worker;

/// <summary>Starts a job at once and then repeatedly, as a timer trigger does on Azure.</summary>
internal sealed class JobClock(Pipeline pipeline, TimedWork work, Shutdown shutdown, TimeProvider clock)
{
    /// <summary>Runs until <paramref name="stopping"/>; then a run under way has its grace to finish.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource();
        await using var grace = stopping.Register(() => patience.CancelAfter(shutdown.Grace));
        while (!stopping.IsCancellationRequested)
        {
            await pipeline.RunAsync(work.Name, patience.Token);
            await Task.Delay(work.Every, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
