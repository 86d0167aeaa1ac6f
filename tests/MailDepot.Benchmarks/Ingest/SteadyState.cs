namespace MailDepot.Benchmarks.Ingest;

/// <summary>Measures a stretch of time in the middle of a load.</summary>
internal sealed class SteadyState(IngestPlan plan, TimeProvider clock)
{
    /// <summary>The time for mails under way at the end of the measured time.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Runs the load, reads twice, and ends the load.</summary>
    /// <param name="load">Begins mails until its token is cancelled, then finishes those under way.</param>
    /// <param name="read">Reads all counters at one moment.</param>
    /// <param name="ct">Cancels the measurement.</param>
    /// <returns>The readings at the beginning and at the end of the measured time, and the time between them.</returns>
    public async Task<(T Before, T After, TimeSpan Time)> MeasureAsync<T>(
        Func<CancellationToken, Task> load, Func<T> read, CancellationToken ct)
    {
        using var enough = new CancellationTokenSource();
        var running = load(enough.Token);
        await PassAsync(plan.WarmUp, running, ct);
        var before = read();
        var began = clock.GetTimestamp();
        await PassAsync(plan.Measured, running, ct);
        var time = clock.GetElapsedTime(began);
        var after = read();
        await enough.CancelAsync();
        await running.WaitAsync(DrainTimeout, clock, ct);
        return (before, after, time);
    }

    /// <summary>Waits. A load that ends meanwhile has failed.</summary>
    private async Task PassAsync(TimeSpan time, Task running, CancellationToken ct)
    {
        if (await Task.WhenAny(running, Task.Delay(time, clock, ct)) == running)
        {
            await running;
            throw new BrokenRunException("The load ended too early.");
        }

        ct.ThrowIfCancellationRequested();
    }
}
