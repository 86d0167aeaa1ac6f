using System.Diagnostics;

namespace MailDepot.Testing;

/// <summary>Waits for a condition, never for a time: the limit only ends a test that has failed.</summary>
public static class Eventually
{
    /// <summary>Longer than a message stays hidden whose worker was killed.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        using var pulse = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"Not within {Limit.TotalSeconds:0} s: {what}.");
            await pulse.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);
}
