using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Counts the receipts of an archive container: the rollups plus the rows since.</summary>
/// <remarks>
/// Exact once running writers are done: dirty hours are counted from their rows, and the position of the rollups, not a clock,
/// says which rows come after them.
/// </remarks>
public sealed class Counts(DepotStorage storage, DirtyHours dirtyHours)
{
    /// <summary>The current count. Reads one row per day of the container's life, and the receipts of the last minutes.</summary>
    public async Task<ContainerCount> OfAsync(string container, CancellationToken ct)
    {
        while (true)
        {
            // Marks before rollups: a mark removed in between has updated its hour's sum, which also changes the position's ETag.
            var marks = await RollupRows.All(storage.Containers, container, RollupRows.Late, ct).Select(RollupRows.Start)
                .ToHashSetAsync(cancellationToken: ct);
            var position = await RollupRows.PositionAsync(storage.Containers, container, ct);
            marks.RemoveWhere(hour => position.Through is not { } through || hour > through);
            var count = await RolledUpAsync(container, marks, ct);
            if ((await RollupRows.PositionAsync(storage.Containers, container, ct)).ETag != position.ETag)
            {
                continue; // housekeeping wrote in between
            }

            foreach (var hour in marks)
            {
                count = count.Plus(await HourAsync(container, hour, position, ct));
            }

            var since = await ReceiptSums.ByHourAsync(storage.Receipts, container, position.Through, null, ct);
            return since.Values.Aggregate(count, (sum, hour) => sum.Plus(hour));
        }
    }

    /// <summary>Adds closed minutes to the rollups and recomputes dirty hours. Repeated or concurrent runs are harmless.</summary>
    /// <returns>Whether there was anything to do.</returns>
    public async Task<bool> RollUpAsync(string container, CancellationToken ct)
    {
        // Marks before the sums: a mark written later has another ETag and stays.
        var marks = await RollupRows.All(storage.Containers, container, RollupRows.Late, ct).ToListAsync(ct);
        var changed = await SumClosedAsync(container, ct);
        foreach (var mark in marks)
        {
            changed |= await SumAgainAsync(container, mark, ct);
        }

        return changed;
    }

    /// <summary>The rollups by hour, and how far they go. Small: 9,000 hours per year.</summary>
    internal async Task<(Position Position, Dictionary<DateTimeOffset, ContainerCount> Hours)> HoursAsync(
        string container, CancellationToken ct)
    {
        while (true)
        {
            var position = await RollupRows.PositionAsync(storage.Containers, container, ct);
            var hours = await RollupRows.All(storage.Containers, container, RollupRows.Hour, ct).ToDictionaryAsync(
                RollupRows.Start, RollupRows.Count, cancellationToken: ct);
            if ((await RollupRows.PositionAsync(storage.Containers, container, ct)).ETag == position.ETag)
            {
                return (position, hours);
            }
        }
    }

    /// <summary>Whether an hour's rollup differs from the sum of its rows although the hour is not marked as dirty.</summary>
    internal async Task<bool> IsWrongAsync(string container, DateTimeOffset hour, CancellationToken ct)
    {
        var mark = await storage.Containers.GetEntityIfExistsAsync<TableEntity>(
            container, RollupRows.Key(RollupRows.Late, hour), cancellationToken: ct);
        var (position, hours) = await HoursAsync(container, ct);
        return !mark.HasValue && hour <= position.Through
            && await HourAsync(container, hour, position, ct) != hours.GetValueOrDefault(hour, ContainerCount.None);
    }

    /// <summary>The sum of the rollups without dirty hours: whole days, but single hours of days with marks.</summary>
    private async Task<ContainerCount> RolledUpAsync(string container, HashSet<DateTimeOffset> marks, CancellationToken ct)
    {
        var count = ContainerCount.None;
        var days = marks.Select(ReceiptSums.Day).ToHashSet();
        await foreach (var day in RollupRows.All(storage.Containers, container, RollupRows.Day, ct))
        {
            count = days.Contains(RollupRows.Start(day)) ? count : count.Plus(RollupRows.Count(day));
        }

        foreach (var day in days)
        {
            await foreach (var hour in RollupRows.HoursOf(storage.Containers, container, day, ct))
            {
                count = marks.Contains(RollupRows.Start(hour)) ? count : count.Plus(RollupRows.Count(hour));
            }
        }

        return count;
    }

    /// <summary>The sum of an hour's rows up to the position.</summary>
    private async Task<ContainerCount> HourAsync(string container, DateTimeOffset hour, Position position, CancellationToken ct)
    {
        var through = Earlier(position.Through!.Value, hour.AddMinutes(59));
        var sums = await ReceiptSums.ByHourAsync(storage.Receipts, container, hour.AddMinutes(-1), through, ct);
        return sums.GetValueOrDefault(hour, ContainerCount.None);
    }

    /// <summary>Sums the minutes after the position, up to the last closed one; oldest day first, so that no gap can remain.</summary>
    private async Task<bool> SumClosedAsync(string container, CancellationToken ct)
    {
        var position = await RollupRows.PositionAsync(storage.Containers, container, ct);
        var closed = dirtyHours.LastClosed;
        if (position.Through >= closed)
        {
            return false;
        }

        var sums = await ReceiptSums.ByHourAsync(storage.Receipts, container, position.Through, closed, ct);
        var changed = false;
        foreach (var day in sums.GroupBy(sum => ReceiptSums.Day(sum.Key)))
        {
            var added = day.ToDictionary(sum => sum.Key, sum => sum.Value);
            var next = position with { Through = Earlier(closed, day.Key.AddDays(1).AddMinutes(-1)) };
            var written = await WriteAsync(
                container, next, day.Key, (hour, before) => before.Plus(added.GetValueOrDefault(hour, ContainerCount.None)), null, ct);
            if (written is null)
            {
                return changed;
            }

            (position, changed) = (written, true);
        }

        return changed;
    }

    /// <summary>
    /// Recomputes a dirty hour from its rows and removes its mark, in one transaction. An hour beyond the position waits until the
    /// rollups reach it.
    /// </summary>
    private async Task<bool> SumAgainAsync(string container, TableEntity mark, CancellationToken ct)
    {
        var hour = RollupRows.Start(mark);
        var position = await RollupRows.PositionAsync(storage.Containers, container, ct);
        if (position.Through is not { } through || hour > through)
        {
            return false;
        }

        var sum = await HourAsync(container, hour, position, ct);
        return await WriteAsync(
            container, position, ReceiptSums.Day(hour), (of, before) => of == hour ? sum : before, mark, ct) is not null;
    }

    /// <summary>Writes the changed hours of a day, the day as their sum, and the position, in one transaction.</summary>
    /// <returns>The position with its new ETag; null, with nothing changed, if another process wrote since it was read.</returns>
    private async Task<Position?> WriteAsync(
        string container, Position position, DateTimeOffset day, Func<DateTimeOffset, ContainerCount, ContainerCount> sum,
        TableEntity? mark, CancellationToken ct)
    {
        var hours = await RollupRows.HoursOf(storage.Containers, container, day, ct).ToDictionaryAsync(
            RollupRows.Start, cancellationToken: ct);
        var dayRow = await storage.Containers.GetEntityIfExistsAsync<TableEntity>(
            container, RollupRows.Key(RollupRows.Day, day), cancellationToken: ct);
        var actions = new List<TableTransactionAction>();
        var total = ContainerCount.None;
        for (var hour = day; hour < day.AddDays(1); hour = hour.AddHours(1))
        {
            var row = hours.GetValueOrDefault(hour);
            var before = row is null ? ContainerCount.None : RollupRows.Count(row);
            var after = sum(hour, before);
            total = total.Plus(after);
            if (after != before)
            {
                actions.Add(Put(RollupRows.Rollup(container, RollupRows.Hour, hour, after), row?.ETag));
            }
        }

        actions.Add(Put(RollupRows.Rollup(container, RollupRows.Day, day, total), dayRow.HasValue ? dayRow.Value!.ETag : null));
        if (mark is not null)
        {
            actions.Add(new TableTransactionAction(TableTransactionActionType.Delete, mark, mark.ETag));
        }

        actions.Add(Put(RollupRows.PositionRow(container, position), position.ETag));
        try
        {
            var answer = await storage.Containers.SubmitTransactionAsync(actions, ct);
            return position with
            {
                ETag = answer.Value[^1].Headers.ETag ?? throw new InvalidDataException("The transaction's response has no ETag."),
            };
        }
        catch (TableTransactionFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return null;
        }
    }

    /// <summary>Replaces the row if it still has this ETag; inserts it if there was none.</summary>
    /// <remarks>The ETag is passed separately: an entity stores a default ETag as "", which makes the replace unconditional.</remarks>
    private static TableTransactionAction Put(TableEntity row, ETag? replaces) => replaces is { } tag
        ? new(TableTransactionActionType.UpdateReplace, row, tag)
        : new(TableTransactionActionType.Add, row);

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
