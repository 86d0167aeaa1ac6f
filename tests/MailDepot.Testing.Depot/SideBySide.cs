namespace MailDepot.Testing;

/// <summary>Plays the cases of one test at the same time, each on a storage of its own.</summary>
public static class SideBySide
{
    /// <summary>Cases at once: while some wait for storage, one keeps this process busy, and storage never waits.</summary>
    private const int AtOnce = 4;

    /// <summary>Plays every case. The first that fails ends the test; those that are being played end before.</summary>
    public static Task EachAsync<T>(IEnumerable<T> cases, Func<T, Task> play)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken };
        return Parallel.ForEachAsync(cases, options, async (one, _) => await play(one));
    }

    /// <summary>Plays the case in which call 1 goes wrong, that of the next, and so on, until there is no such call any more.</summary>
    /// <param name="play">Gets the number of the call. False if that many calls were not made, so that nothing went wrong.</param>
    /// <param name="step">From one number to the next.</param>
    /// <returns>How many cases were played in which a call went wrong.</returns>
    public static async Task<int> EachCallAsync(Func<int, Task<bool>> play, int step = 1)
    {
        var (wentWrong, isOver) = (0, 0);
        await EachAsync(Calls(), async call =>
        {
            if (await play(call))
            {
                Interlocked.Increment(ref wentWrong);
            }
            else
            {
                Volatile.Write(ref isOver, 1);
            }
        });
        return wentWrong;

        IEnumerable<int> Calls()
        {
            for (var call = 1; Volatile.Read(ref isOver) == 0; call += step)
            {
                yield return call;
            }
        }
    }
}
