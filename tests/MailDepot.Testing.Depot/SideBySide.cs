namespace MailDepot.Testing;

/// <summary>Plays the cases of a test at the same time, each on storage of its own.</summary>
public static class SideBySide
{
    /// <summary>Cases at once. While some wait for storage, another keeps this process busy, and storage never idles.</summary>
    private const int AtOnce = 4;

    /// <summary>Plays every case. The first that fails ends the test, once the cases under way have ended.</summary>
    public static Task EachAsync<T>(IEnumerable<T> cases, Func<T, Task> play)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken };
        return Parallel.ForEachAsync(cases, options, async (one, _) => await play(one));
    }

    /// <summary>Plays a case in which call 1 goes wrong, then one for the next call, and so on until no case makes so many calls.</summary>
    /// <param name="play">Gets the number of the call. Returns false if fewer calls were made, so that nothing went wrong.</param>
    /// <param name="step">The distance from one number to the next.</param>
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
