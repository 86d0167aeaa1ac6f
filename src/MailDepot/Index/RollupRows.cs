using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>
/// The rows of <c>Containers</c>: one partition per archive container with its rollups by hour and day, their position, and the
/// marks of dirty hours.
/// </summary>
/// <remarks>
/// One partition, so that related changes fit in one transaction. It grows by 9,000 rows per year. Times are the starts of hours
/// and days, UTC, and count backwards.
/// </remarks>
internal static class RollupRows
{
    public const string Hour = "hour";
    public const string Day = "day";
    public const string Late = "late";

    private const string PositionKey = "position";
    private const string StartColumn = "Start";
    private const string ThroughColumn = "Through";

    /// <summary>Row key of an hour, a day or a mark.</summary>
    public static string Key(string kind, DateTimeOffset start) => $"{kind}{TableKey.Separator}{TableKey.NewestMinuteFirst(start)}";

    /// <summary>The row of an hour's or a day's rollup.</summary>
    public static TableEntity Rollup(string container, string kind, DateTimeOffset start, ContainerCount count) =>
        new(container, Key(kind, start))
        {
            [StartColumn] = start,
            ["Receipts"] = count.Receipts,
            ["Documents"] = count.Documents,
            ["BytesReceived"] = count.BytesReceived,
            ["BytesStored"] = count.BytesStored,
            ["First"] = count.First,
            ["Last"] = count.Last,
        };

    /// <summary>The count in a rollup's row.</summary>
    public static ContainerCount Count(TableEntity row) => new(
        row.GetInt64("Receipts") ?? 0, row.GetInt64("Documents") ?? 0, row.GetInt64("BytesReceived") ?? 0, row.GetInt64("BytesStored") ?? 0,
        row.GetDateTimeOffset("First"), row.GetDateTimeOffset("Last"));

    /// <summary>The row that marks a dirty hour. Every upsert gives it a new ETag.</summary>
    public static TableEntity Mark(string container, DateTimeOffset hour) => new(container, Key(Late, hour)) { [StartColumn] = hour };

    /// <summary>The hour or day of a row.</summary>
    public static DateTimeOffset Start(TableEntity row) => row.GetDateTimeOffset(StartColumn)
        ?? throw new InvalidDataException($"Row {row.PartitionKey}, {row.RowKey} of table Containers has no time.");

    /// <summary>All rows of one kind, newest first.</summary>
    public static AsyncPageable<TableEntity> All(TableClient table, string container, string kind, CancellationToken ct) =>
        table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter(
                $"PartitionKey eq {container} and RowKey gt {kind + TableKey.Separator} and RowKey lt {kind + TableKey.AfterSeparator}"),
            cancellationToken: ct);

    /// <summary>The hours of a day that have a rollup, newest first.</summary>
    public static AsyncPageable<TableEntity> HoursOf(TableClient table, string container, DateTimeOffset day, CancellationToken ct) =>
        table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter(
                $"PartitionKey eq {container} and RowKey gt {Key(Hour, day.AddDays(1))} and RowKey le {Key(Hour, day)}"),
            cancellationToken: ct);

    /// <summary>How far the rollups go.</summary>
    public static async Task<Position> PositionAsync(TableClient table, string container, CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(container, PositionKey, cancellationToken: ct);
        return row.HasValue ? new Position(row.Value!.GetDateTimeOffset(ThroughColumn), row.Value.ETag) : new Position(null, null);
    }

    /// <summary>The row of the position. Every transaction replaces it under the ETag it read, so concurrent runs take turns.</summary>
    public static TableEntity PositionRow(string container, Position position) =>
        new(container, PositionKey) { [ThroughColumn] = position.Through };
}

/// <summary>How far the rollups of an archive container go.</summary>
/// <param name="Through">Start of the last minute they include; null before the first.</param>
/// <param name="ETag">ETag of the row; null if there is none.</param>
internal sealed record Position(DateTimeOffset? Through, ETag? ETag);
