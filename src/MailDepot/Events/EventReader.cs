using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>Reads the live log from table <c>Events</c>, whichever process wrote it.</summary>
public sealed class EventReader(DepotStorage storage, TimeProvider clock)
{
    /// <summary>Rows asked for at once: 4 MiB of full pages at most; a quiet depot has one event in each.</summary>
    private const int RowsPerGet = 64;

    /// <summary>Of no second: what is before it is whole.</summary>
    private static readonly TableEntity End = [];

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>How late, behind a newer event of another process, an event may reach the table and still be shown by who follows.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(15);

    /// <summary>After storage was away, other processes bring what waited in their memory: for so long all of the outage is looked through.</summary>
    private static readonly TimeSpan BacklogComesWithin = TimeSpan.FromMinutes(1);

    /// <summary>The last events, oldest first.</summary>
    /// <param name="since">None before this second; null for no such limit.</param>
    /// <param name="count">At most so many: the newest.</param>
    /// <param name="ct">Stops reading.</param>
    public async Task<IReadOnlyList<DepotEvent>> ReadAsync(DateTimeOffset? since, int count, CancellationToken ct) =>
        [.. (await EventsAsync(since, Math.Min(count, RowsPerGet), ct).Take(count).ToListAsync(ct)).Select(kept => kept.Event).Reverse()];

    /// <summary>The last events, oldest first, and then those that come, until cancelled.</summary>
    /// <remarks>While storage does not answer there is nothing to show: whom that stops tells it by an event.</remarks>
    /// <inheritdoc cref="ReadAsync" path="/param"/>
    public async IAsyncEnumerable<DepotEvent> FollowAsync(DateTimeOffset? since, int count, [EnumeratorCancellation] CancellationToken ct)
    {
        var start = clock.GetUtcNow();
        var kept = await EventsAsync(since, Math.Min(count, RowsPerGet), ct).Take(count).ToListAsync(ct);
        var oldest = kept.Count > 0 ? kept[^1].Place : EventPages.EndOf(since ?? start);
        var newest = kept.Count > 0 ? kept[0].Event.Time : start;
        var shown = new HashSet<string>(StringComparer.Ordinal);
        var (from, stays, away) = (newest - Overlap, start, false);
        while (true)
        {
            foreach (var next in Enumerable.Reverse(kept).Where(next => string.CompareOrdinal(next.Place, oldest) <= 0))
            {
                if (shown.Add(next.Place))
                {
                    yield return next.Event;
                }
            }

            await Task.Delay(LookEvery, clock, ct);
            if (await LookAsync(from, ct) is not { } found)
            {
                away = true;
                continue;
            }

            (kept, stays, away) = (found, away ? clock.GetUtcNow() + BacklogComesWithin : stays, false);
            newest = kept.Count > 0 && kept[0].Event.Time is var time && time > newest ? time : newest;
            from = clock.GetUtcNow() >= stays ? newest - Overlap : from;
            shown.IntersectWith(kept.Select(one => one.Place));
        }
    }

    /// <summary>The events as they are now, newest first; null while storage does not answer.</summary>
    private async Task<List<StoredEvent>?> LookAsync(DateTimeOffset since, CancellationToken ct)
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

    /// <summary>The events, newest first: of each second when all its pages are here.</summary>
    private async IAsyncEnumerable<StoredEvent> EventsAsync(DateTimeOffset? since, int rowsPerGet, [EnumeratorCancellation] CancellationToken ct)
    {
        var second = new List<TableEntity>();
        var newestFirst = storage.Events.QueryAsync<TableEntity>(since is { } time ? EventPages.From(time) : "", rowsPerGet, cancellationToken: ct);
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
