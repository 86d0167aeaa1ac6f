using MailDepot.Events;

namespace MailDepot.Host.Worker;

/// <summary>Starts a job at once and then again and again, as a timer trigger does on Azure.</summary>
internal sealed class JobClock(TimedWork work, DepotEvents events, TimeProvider clock)
{
    private bool failing;

    /// <summary>Runs until <paramref name="stopping"/>; then the run under way has <see cref="Shutdown.Grace"/> to end.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource();
        await using var grace = stopping.Register(() => patience.CancelAfter(Shutdown.Grace));
        while (!stopping.IsCancellationRequested)
        {
            await RunOnceAsync(patience.Token);
            await Task.Delay(work.Every, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A failure is told once when it begins, and once when it is over: what failed is tried again by the next run.</summary>
    private async Task RunOnceAsync(CancellationToken ct)
    {
        try
        {
            await work.RunAsync(ct);
            if (failing)
            {
                failing = false;
                events.Write(EventKind.Recovered, Guid.Empty, $"{work.Name} works again.");
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // the next start finds what is left
        }
        catch (Exception failure)
        {
            if (!failing)
            {
                failing = true;
                events.Write(EventKind.Failed, Guid.Empty, $"{work.Name} failed: {Failure.Words(failure)}. It is tried again until it works.");
            }
        }
    }
}
