using System.Collections.Concurrent;
using MailDepot.Storage;

namespace MailDepot.Tests.Storage;

public sealed class GroupCommitTests
{
    private readonly ConcurrentQueue<(string Key, int[] Items)> writes = [];
    private readonly TaskCompletionSource firstMayEnd = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Items_that_arrive_during_a_write_share_the_next()
    {
        var group = Make(maxItems: 100);
        var first = group.CommitAsync("a", 0, Token);
        var others = Enumerable.Range(1, 9).Select(i => group.CommitAsync("a", i, Token)).ToList();
        firstMayEnd.SetResult();

        Assert.Equal(0, await first);
        Assert.Equal(Enumerable.Range(1, 9).Select(i => i * 10), await Task.WhenAll(others));
        Assert.Equal(2, writes.Count);
    }

    [Fact]
    public async Task A_group_keeps_its_limits_of_number_and_size()
    {
        var group = Make(maxItems: 4, maxBytes: 100);
        var all = Enumerable.Range(0, 9).Select(i => group.CommitAsync("a", i == 8 ? 500 : i, Token)).ToList();
        firstMayEnd.SetResult();
        await Task.WhenAll(all);

        Assert.All(writes, write => Assert.True(write.Items.Length <= 4));
        Assert.Contains(writes, write => write.Items is [500]);
    }

    [Fact]
    public async Task A_full_write_does_not_wait_for_those_before_it_and_a_partial_one_does()
    {
        var group = Make(maxItems: 2, atOnce: 3);
        var all = Enumerable.Range(0, 4).Select(i => group.CommitAsync("a", i, Token)).ToList();
        Assert.Equal([[0], [1, 2]], writes.Select(write => write.Items));
        firstMayEnd.SetResult();
        await Task.WhenAll(all);
        Assert.Equal([3], writes.Last().Items);
        Assert.Equal(50, await group.CommitAsync("a", 5, Token)); // when all are done, the next is written at once
    }

    [Fact]
    public async Task A_write_may_also_be_full_by_its_size()
    {
        var group = Make(maxItems: 100, maxBytes: 50, atOnce: 2);
        var all = Enumerable.Range(0, 4).Select(i => group.CommitAsync("a", i == 0 ? 1 : 20, Token)).ToList();
        Assert.Equal([[1], [20, 20]], writes.Select(write => write.Items));
        firstMayEnd.SetResult();
        await Task.WhenAll(all);
        Assert.Equal(3, writes.Count);
    }

    [Fact]
    public async Task Writes_of_a_key_in_flight_are_limited()
    {
        var group = Make(maxItems: 2, atOnce: 3);
        var all = Enumerable.Range(0, 12).Select(i => group.CommitAsync("a", i, Token)).ToList();
        Assert.Equal([[0], [1, 2], [3, 4]], writes.Select(write => write.Items));
        firstMayEnd.SetResult();
        await Task.WhenAll(all);
        Assert.Equal(Enumerable.Range(0, 12), writes.SelectMany(write => write.Items).Order());
    }

    [Fact]
    public async Task Every_item_is_written_once_whenever_it_arrives()
    {
        var group = new GroupCommit<string, int, int>("test", 3, 40, item => item, async (_, items, _) =>
        {
            await Task.Yield();
            writes.Enqueue(("", [.. items]));
            return [.. items];
        }, atOnce: 4);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 24, CancellationToken = Token };
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 5_000), parallel,
            async (i, ct) => Assert.Equal(i % 20, await group.CommitAsync($"{i % 2}", i % 20, ct)));
        Assert.Equal(5_000, writes.Sum(write => write.Items.Length));
        Assert.All(writes, write => Assert.True(write.Items.Length == 1 || write.Items.Sum() <= 40));
    }

    [Fact]
    public async Task Keys_do_not_wait_for_each_other()
    {
        var group = Make(maxItems: 100);
        var slow = group.CommitAsync("a", 0, Token);
        Assert.Equal(70, await group.CommitAsync("b", 7, Token));
        Assert.False(slow.IsCompleted);
        firstMayEnd.SetResult();
        await slow;
    }

    [Fact]
    public async Task A_failed_write_fails_for_its_group_and_the_next_one_works()
    {
        var group = Make(maxItems: 100);
        var fails = group.CommitAsync("a", -1, Token);
        firstMayEnd.SetResult();
        await Assert.ThrowsAsync<InvalidOperationException>(() => fails);
        Assert.Equal(30, await group.CommitAsync("a", 3, Token));
    }

    [Fact]
    public async Task A_caller_that_cancels_does_not_stop_the_write_for_the_others()
    {
        var group = Make(maxItems: 100);
        using var impatience = new CancellationTokenSource();
        var first = group.CommitAsync("a", 0, impatience.Token);
        var second = group.CommitAsync("a", 1, Token);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        firstMayEnd.SetResult();
        Assert.Equal(10, await second);
    }

    /// <summary>Returns ten times each item; the first write of key <c>a</c> waits for <see cref="firstMayEnd"/>.</summary>
    private GroupCommit<string, int, int> Make(int maxItems, long maxBytes = 1_000_000, int atOnce = 1)
    {
        return new("test", maxItems, maxBytes, item => item, WriteAsync, atOnce);

        async Task<IReadOnlyList<int>> WriteAsync(string key, IReadOnlyList<int> items, CancellationToken ct)
        {
            writes.Enqueue((key, [.. items]));
            if (key == "a")
            {
                await firstMayEnd.Task.WaitAsync(ct);
            }

            return items.Contains(-1) ? throw new InvalidOperationException("no") : [.. items.Select(item => item * 10)];
        }
    }
}
