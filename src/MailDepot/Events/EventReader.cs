using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>Reads the live log from table <c>Events</c>, whichever process wrote it.</summary>
public sealed class EventReader(DepotStorage storage, TimeProvider clock)
{
    /// <summary>Rows per request: at most 4 MiB of full pages; in a quiet depot each has one event.</summary>
    private const int RowsPerGet = 64;

    /// <summary>Belongs to no second, so it completes the second before it.</summary>
    private static readonly TableEntity End = [];

    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(1);

    /// <summary>How much later than a newer event of another process an event may reach the table and still be shown.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(15);

    /// <summary>
    /// After an outage other processes write the events they queued; for this long every poll covers the whole outage.
    /// </summary>
    private static readonly TimeSpan BacklogWait = TimeSpan.FromMinutes(1);

    /// <summary>The last events, oldest first.</summary>
    /// <param name="since">Earliest second; null for no limit.</param>
    /// <param name="count">Maximum number of events: the newest ones.</param>
    /// <param name="ct">Stops reading.</param>
    public async Task<IReadOnlyList<DepotEvent>> ReadAsync(DateTimeOffset? since, int count, CancellationToken ct) =>
        [.. (await EventsAsync(since, Math.Min(count, RowsPerGet), ct).Take(count).ToListAsync(ct)).Select(kept => kept.Event).Reverse()];

    /// <summary>The last events, oldest first, then new ones as they are written, until cancelled.</summary>
    /// <remarks>While storage does not answer, nothing is returned; the processes that it stops write events about it.</remarks>
    /// <inheritdoc cref="ReadAsync" path="/param"/>
    public async IAsyncEnumerable<DepotEvent> FollowAsync(DateTimeOffset? since, int count, [EnumeratorCancellation] CancellationToken ct)
    {
        var start = clock.GetUtcNow();
        var kept = await EventsAsync(since, Math.Min(count, RowsPerGet), ct).Take(count).ToListAsync(ct);
        var oldest = kept.Count > 0 ? kept[^1].Place : EventPages.EndOf(since ?? start);
        var newest = kept.Count > 0 ? kept[0].Event.Time : start;
        var shown = new HashSet<string>(StringComparer.Ordinal);
        var (from, stayUntil, outage) = (newest - Overlap, start, false);
        while (true)
        {
            foreach (var next in Enumerable.Reverse(kept).Where(next => string.CompareOrdinal(next.Place, oldest) <= 0))
            {
                if (shown.Add(next.Place))
                {
                    yield return next.Event;
                }
            }

            await Task.Delay(PollEvery, clock, ct);
            if (await PollAsync(from, ct) is not { } found)
            {
                outage = true;
                continue;
            }

            (kept, stayUntil, outage) = (found, outage ? clock.GetUtcNow() + BacklogWait : stayUntil, false);
            newest = kept.Count > 0 && kept[0].Event.Time is var time && time > newest ? time : newest;
            from = clock.GetUtcNow() >= stayUntil ? newest - Overlap : from;
            shown.IntersectWith(kept.Select(one => one.Place));
        }
    }

    /// <summary>The current events, newest first; null while storage does not answer.</summary>
    private async Task<List<StoredEvent>?> PollAsync(DateTimeOffset since, CancellationToken ct)
    {
        try
        {
            return await EventsAsync(since, RowsPerGet, ct).ToListAsync(ct);
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException)
        {
            return null;
        }
    }

    /// <summary>The events, newest first; those of a second once all its pages are read.</summary>
    private async IAsyncEnumerable<StoredEvent> EventsAsync(
        DateTimeOffset? since, int rowsPerGet, [EnumeratorCancellation] CancellationToken ct)
    {
        var second = new List<TableEntity>();
        var filter = since is { } time ? EventPages.From(time) : "";
        var newestFirst = storage.Events.QueryAsync<TableEntity>(filter, rowsPerGet, cancellationToken: ct);
        await foreach (var page in newestFirst.Append(End).WithCancellation(ct))
        {
            if (second is [var first, ..] && first.PartitionKey != page.PartitionKey)
            {
                foreach (var kept in EventPages.Read(second))
                {
                    yield return kept;
                }

                second.Clear();
            }

            second.Add(page);
        }
    }
}
