using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>Reads the live log from table <c>Events</c>, whichever process wrote it.</summary>
public sealed class EventReader(DepotStorage storage, TimeProvider clock)
{
    /// <summary>Rows of a page at most (Azure "Query timeout and pagination").</summary>
    private const int PageRows = 1_000;

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
        [.. (await RowsAsync(since, count).ToListAsync(ct)).Select(EventRows.Read).Reverse()];

    /// <summary>The last events, oldest first, and then those that come, until cancelled.</summary>
    /// <remarks>While storage does not answer there is nothing to show: whom that stops tells it by an event.</remarks>
    /// <inheritdoc cref="ReadAsync" path="/param"/>
    public async IAsyncEnumerable<DepotEvent> FollowAsync(DateTimeOffset? since, int count, [EnumeratorCancellation] CancellationToken ct)
    {
        var start = clock.GetUtcNow();
        var rows = await RowsAsync(since, count).ToListAsync(ct);
        var oldest = rows.Count > 0 ? EventRows.Place(rows[^1]) : EventRows.EndOf(since ?? start);
        var newest = rows.Count > 0 ? EventRows.Read(rows[0]).Time : start;
        var shown = new HashSet<string>(StringComparer.Ordinal);
        var (from, stays, away) = (newest - Overlap, start, false);
        while (true)
        {
            foreach (var row in Enumerable.Reverse(rows).Where(row => string.CompareOrdinal(EventRows.Place(row), oldest) <= 0))
            {
                if (shown.Add(EventRows.Place(row)))
                {
                    yield return EventRows.Read(row);
                }
            }

            await Task.Delay(LookEvery, clock, ct);
            if (await LookAsync(from, ct) is not { } found)
            {
                away = true;
                continue;
            }

            (rows, stays, away) = (found, away ? clock.GetUtcNow() + BacklogComesWithin : stays, false);
            newest = rows.Count > 0 && EventRows.Read(rows[0]).Time is var time && time > newest ? time : newest;
            from = clock.GetUtcNow() >= stays ? newest - Overlap : from;
            shown.IntersectWith(rows.Select(EventRows.Place));
        }
    }

    /// <summary>The rows as they are now; null while storage does not answer.</summary>
    private async Task<List<TableEntity>?> LookAsync(DateTimeOffset since, CancellationToken ct)
    {
        try
        {
            return await RowsAsync(since, int.MaxValue).ToListAsync(ct);
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException)
        {
            return null;
        }
    }

    private IAsyncEnumerable<TableEntity> RowsAsync(DateTimeOffset? since, int count) =>
        storage.Events.QueryAsync<TableEntity>(since is { } time ? EventRows.From(time) : "", Math.Min(count, PageRows)).Take(count);
}
