using System.Diagnostics;
using MailDepot.Base;

namespace MailDepot.Storage;

/// <summary>Writes that are waiting together go out together, as in a database's log: the busier, the cheaper each.</summary>
/// <remarks>
/// One write a key is under way at a time, and what arrives meanwhile makes the next; a write that can take no more waits
/// for none before it, as Nagle's algorithm does it with segments (RFC 896). A write that fails fails for all in its group:
/// each caller repeats its own step. A caller that gives up does not stop the write for the others.
/// </remarks>
/// <param name="name">For the metric <c>maildepot.group.size</c>.</param>
/// <param name="maxItems">Items of one write at most.</param>
/// <param name="maxBytes">Octets of one write at most; a single larger item goes alone.</param>
/// <param name="size">Octets of an item.</param>
/// <param name="write">Writes the items of one key, and answers with one result an item, in their order.</param>
/// <param name="atOnce">Writes of one key under way at a time, all but one of them full; with more than one their order is nobody's promise.</param>
public sealed class GroupCommit<TKey, TItem, TResult>(
    string name, int maxItems, long maxBytes, Func<TItem, long> size,
    Func<TKey, IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> write, int atOnce = 1)
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, Line> lines = [];
    private readonly KeyValuePair<string, object?> tag = new("group", name);

    /// <summary>Returns when the item is written; throws what its write threw.</summary>
    public Task<TResult> CommitAsync(TKey key, TItem item, CancellationToken ct)
    {
        var waiting = new Waiting(item);
        bool mayWrite;
        lock (gate)
        {
            if (!lines.TryGetValue(key, out var line))
            {
                lines[key] = line = new Line();
            }

            line.Enqueue(waiting);
            line.Bytes += size(item);
            mayWrite = line.Writers == 0 || (line.Writers < atOnce && IsFull(line));
            line.Writers += mayWrite ? 1 : 0;
        }

        if (mayWrite)
        {
            _ = WriteLineAsync(key);
        }

        return waiting.Done.Task.WaitAsync(ct);
    }

    /// <summary>Writes group after group until nobody waits for this key.</summary>
    private async Task WriteLineAsync(TKey key)
    {
        while (NextGroup(key) is { } group)
        {
            Activity.Current = group[0].Caller; // the trace of the first; those who share its write have it to thank
            try
            {
                var results = await write(key, group.ConvertAll(waiting => waiting.Item), CancellationToken.None);
                Telemetry.GroupSize.Record(group.Count, tag);
                for (var i = 0; i < group.Count; i++)
                {
                    group[i].Done.SetResult(results[i]);
                }
            }
            catch (Exception failure)
            {
                group.ForEach(waiting => waiting.Done.TrySetException(failure));
            }
        }
    }

    private List<Waiting>? NextGroup(TKey key)
    {
        lock (gate)
        {
            var line = lines[key];
            if (line.Count == 0 || (line.Writers > 1 && !IsFull(line)))
            {
                if (--line.Writers == 0)
                {
                    lines.Remove(key);
                }

                return null;
            }

            var group = new List<Waiting> { line.Dequeue() };
            var bytes = size(group[0].Item);
            while (group.Count < maxItems && line.TryPeek(out var next) && bytes + size(next.Item) <= maxBytes)
            {
                bytes += size(next.Item);
                group.Add(line.Dequeue());
            }

            line.Bytes -= bytes;
            return group;
        }
    }

    /// <summary>What waits fills a write: more would only wait for its end.</summary>
    private bool IsFull(Line line) => line.Count >= maxItems || line.Bytes >= maxBytes;

    /// <summary>Who waits for a key, and how many are writing for it.</summary>
    private sealed class Line : Queue<Waiting>
    {
        public long Bytes { get; set; }

        public int Writers { get; set; }
    }

    private sealed record Waiting(TItem Item)
    {
        public Activity? Caller { get; } = Activity.Current;

        public TaskCompletionSource<TResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
