using System.Diagnostics;
using MailDepot.Base;

namespace MailDepot.Storage;

/// <summary>Combines waiting items into one write, as a database's log does: the busier, the cheaper each.</summary>
/// <remarks>
/// At most one partial write per key is in flight; items that arrive meanwhile form the next one. A full write does not wait for
/// it, as with segments in Nagle's algorithm (RFC 896). A failed write fails for all items in it, and each caller repeats its own
/// step. A caller that cancels does not stop the write for the others.
/// </remarks>
/// <param name="name">For the metric <c>maildepot.group.size</c>.</param>
/// <param name="maxItems">Maximum number of items per write.</param>
/// <param name="maxBytes">Maximum size of a write; a single larger item is written alone.</param>
/// <param name="size">Size of an item.</param>
/// <param name="write">Writes the items of one key, and returns one result per item, in the same order.</param>
/// <param name="atOnce">Writes per key in flight, all but one of them full; if more than one, their order is not guaranteed.</param>
public sealed class GroupCommit<TKey, TItem, TResult>(
    string name, int maxItems, long maxBytes, Func<TItem, long> size,
    Func<TKey, IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> write, int atOnce = 1)
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, KeyQueue> queues = [];
    private readonly KeyValuePair<string, object?> tag = new("group", name);

    /// <summary>Returns when the item is written; throws what its write threw.</summary>
    public Task<TResult> CommitAsync(TKey key, TItem item, CancellationToken ct)
    {
        var waiting = new Waiting(item);
        bool mayWrite;
        lock (gate)
        {
            if (!queues.TryGetValue(key, out var queue))
            {
                queues[key] = queue = new KeyQueue();
            }

            queue.Enqueue(waiting);
            queue.Bytes += size(item);
            mayWrite = queue.Writers == 0 || (queue.Writers < atOnce && IsFull(queue));
            queue.Writers += mayWrite ? 1 : 0;
        }

        if (mayWrite)
        {
            _ = WriteQueueAsync(key);
        }

        return waiting.Done.Task.WaitAsync(ct);
    }

    /// <summary>Writes group after group until the key's queue is empty.</summary>
    private async Task WriteQueueAsync(TKey key)
    {
        while (NextGroup(key) is { } group)
        {
            Activity.Current = group[0].Caller; // the shared write belongs to the trace of the first caller
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
            var queue = queues[key];
            if (queue.Count == 0 || (queue.Writers > 1 && !IsFull(queue)))
            {
                if (--queue.Writers == 0)
                {
                    queues.Remove(key);
                }

                return null;
            }

            var group = new List<Waiting> { queue.Dequeue() };
            var bytes = size(group[0].Item);
            while (group.Count < maxItems && queue.TryPeek(out var next) && bytes + size(next.Item) <= maxBytes)
            {
                bytes += size(next.Item);
                group.Add(queue.Dequeue());
            }

            queue.Bytes -= bytes;
            return group;
        }
    }

    /// <summary>Whether the waiting items fill a write.</summary>
    private bool IsFull(KeyQueue queue) => queue.Count >= maxItems || queue.Bytes >= maxBytes;

    /// <summary>The items waiting for a key, their total size, and the number of writes in flight.</summary>
    private sealed class KeyQueue : Queue<Waiting>
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
