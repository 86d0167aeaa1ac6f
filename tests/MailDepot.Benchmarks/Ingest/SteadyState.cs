namespace MailDepot.Benchmarks.Ingest;

/// <summary>Cuts the measured time out of a load that goes on before and after it.</summary>
internal sealed class SteadyState(IngestPlan plan, TimeProvider clock)
{
    /// <summary>For what is under way when the measured time is over.</summary>
    private static readonly TimeSpan DrainedWithin = TimeSpan.FromSeconds(60);

    /// <summary>Runs the load, reads twice, and ends the load.</summary>
    /// <param name="load">Runs until its token says that no more mail is to be begun; then to the end of what was begun.</param>
    /// <param name="read">Reads all counters at one moment.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What was read at the beginning and at the end of the measured time, and how long that was.</returns>
    public async Task<(T Before, T After, TimeSpan Time)> MeasureAsync<T>(Func<CancellationToken, Task> load, Func<T> read, CancellationToken ct)
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
        await running.WaitAsync(DrainedWithin, clock, ct);
        return (before, after, time);
    }

    /// <summary>A load that ends before it is told to has failed.</summary>
    private async Task PassAsync(TimeSpan time, Task running, CancellationToken ct)
    {
        if (await Task.WhenAny(running, Task.Delay(time, clock, ct)) == running)
        {
            await running;
            throw new BrokenRunException("The load ended before it was told to.");
        }

        ct.ThrowIfCancellationRequested();
    }
}
