using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Counts the receipts of an archive container: what is rolled up, and the rows since.</summary>
/// <remarks>
/// Exact as soon as the writers at work are done: hours marked as late are counted from their rows, and what comes after
/// the rollups is told by position, not by any clock.
/// </remarks>
public sealed class Counts(DepotStorage storage, DirtyHours dirtyHours)
{
    /// <summary>What it holds now. Reads a row a day of its life, and the receipts of the last minutes.</summary>
    public async Task<ContainerCount> OfAsync(string container, CancellationToken ct)
    {
        while (true)
        {
            // Marks before rollups: a mark that goes in between takes its hour's sum along, and the position tells.
            var marks = await RollupRows.All(storage.Containers, container, RollupRows.Late, ct).Select(RollupRows.Start).ToHashSetAsync(cancellationToken: ct);
            var position = await RollupRows.PositionAsync(storage.Containers, container, ct);
            marks.RemoveWhere(hour => position.Through is not { } through || hour > through);
            var count = await RolledUpAsync(container, marks, ct);
            if ((await RollupRows.PositionAsync(storage.Containers, container, ct)).ETag != position.ETag)
            {
                continue; // a housekeeper wrote meanwhile
            }

            foreach (var hour in marks)
            {
                count = count.Plus(await HourAsync(container, hour, position, ct));
            }

            var since = await ReceiptSums.ByHourAsync(storage.Receipts, container, position.Through, null, ct);
            return since.Values.Aggregate(count, (sum, hour) => sum.Plus(hour));
        }
    }

    /// <summary>Sums closed minutes once, and marked hours again. Two may do it at once, and any number of times.</summary>
    /// <returns>Whether there was anything to sum.</returns>
    public async Task<bool> RollUpAsync(string container, CancellationToken ct)
    {
        // Marks before the sums: a mark put later has another ETag, and stays.
        var marks = await RollupRows.All(storage.Containers, container, RollupRows.Late, ct).ToListAsync(ct);
        var did = await SumClosedAsync(container, ct);
        foreach (var mark in marks)
        {
            did |= await SumAgainAsync(container, mark, ct);
        }

        return did;
    }

    /// <summary>The rollups by hour, and how far they go. A map of hours is small: 9,000 a year.</summary>
    internal async Task<(Position Position, Dictionary<DateTimeOffset, ContainerCount> Hours)> HoursAsync(string container, CancellationToken ct)
    {
        while (true)
        {
            var position = await RollupRows.PositionAsync(storage.Containers, container, ct);
            var hours = await RollupRows.All(storage.Containers, container, RollupRows.Hour, ct).ToDictionaryAsync(RollupRows.Start, RollupRows.Count, cancellationToken: ct);
            if ((await RollupRows.PositionAsync(storage.Containers, container, ct)).ETag == position.ETag)
            {
                return (position, hours);
            }
        }
    }

    /// <summary>Whether an hour's rollup is not the sum of its rows, and no mark says so.</summary>
    internal async Task<bool> IsWrongAsync(string container, DateTimeOffset hour, CancellationToken ct)
    {
        var mark = await storage.Containers.GetEntityIfExistsAsync<TableEntity>(container, RollupRows.Key(RollupRows.Late, hour), cancellationToken: ct);
        var (position, hours) = await HoursAsync(container, ct);
        return !mark.HasValue && hour <= position.Through
            && await HourAsync(container, hour, position, ct) != hours.GetValueOrDefault(hour, ContainerCount.None);
    }

    /// <summary>Whole days, but of days with marks the hours without.</summary>
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

    /// <summary>The rows of an hour, up to the position.</summary>
    private async Task<ContainerCount> HourAsync(string container, DateTimeOffset hour, Position position, CancellationToken ct)
    {
        var through = Earlier(position.Through!.Value, hour.AddMinutes(59));
        var sums = await ReceiptSums.ByHourAsync(storage.Receipts, container, hour.AddMinutes(-1), through, ct);
        return sums.GetValueOrDefault(hour, ContainerCount.None);
    }

    /// <summary>The minutes after the position, up to the last closed one; oldest day first, so that no gap can be left behind it.</summary>
    private async Task<bool> SumClosedAsync(string container, CancellationToken ct)
    {
        var position = await RollupRows.PositionAsync(storage.Containers, container, ct);
        var closed = dirtyHours.LastClosed;
        if (position.Through >= closed)
        {
            return false;
        }

        var sums = await ReceiptSums.ByHourAsync(storage.Receipts, container, position.Through, closed, ct);
        var did = false;
        foreach (var day in sums.GroupBy(sum => ReceiptSums.Day(sum.Key)))
        {
            var next = position with { Through = Earlier(closed, day.Key.AddDays(1).AddMinutes(-1)) };
            var written = await WriteAsync(container, next, day.Key, (hour, before) => day.FirstOrDefault(sum => sum.Key == hour).Value is { } sum ? before.Plus(sum) : before, null, ct);
            if (written is null)
            {
                return did;
            }

            (position, did) = (written, true);
        }

        return did;
    }

    /// <summary>A marked hour, from its rows; the mark goes in the same transaction. One beyond the position waits until that reaches it.</summary>
    private async Task<bool> SumAgainAsync(string container, TableEntity mark, CancellationToken ct)
    {
        var hour = RollupRows.Start(mark);
        var position = await RollupRows.PositionAsync(storage.Containers, container, ct);
        if (position.Through is not { } through || hour > through)
        {
            return false;
        }

        var sum = await HourAsync(container, hour, position, ct);
        return await WriteAsync(container, position, ReceiptSums.Day(hour), (of, before) => of == hour ? sum : before, mark, ct) is not null;
    }

    /// <summary>Writes the hours of a day that change, the day as the sum of its hours, and the position, in one transaction.</summary>
    /// <returns>The position with its new ETag; null if another wrote since it was read: nothing is changed then.</returns>
    private async Task<Position?> WriteAsync(
        string container, Position position, DateTimeOffset day, Func<DateTimeOffset, ContainerCount, ContainerCount> sum, TableEntity? mark, CancellationToken ct)
    {
        var hours = await RollupRows.HoursOf(storage.Containers, container, day, ct).ToDictionaryAsync(RollupRows.Start, cancellationToken: ct);
        var dayRow = await storage.Containers.GetEntityIfExistsAsync<TableEntity>(container, RollupRows.Key(RollupRows.Day, day), cancellationToken: ct);
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
            return position with { ETag = answer.Value[^1].Headers.ETag ?? throw new InvalidDataException("The transaction's answer has no ETag.") };
        }
        catch (TableTransactionFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return null;
        }
    }

    /// <summary>Replaces the row of that ETag, or inserts the first one.</summary>
    /// <remarks>The ETag goes beside the row: an entity keeps a default one as an empty text, and a replace under that is unconditional.</remarks>
    private static TableTransactionAction Put(TableEntity row, ETag? replaces) => replaces is { } tag
        ? new(TableTransactionActionType.UpdateReplace, row, tag)
        : new(TableTransactionActionType.Add, row);

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
