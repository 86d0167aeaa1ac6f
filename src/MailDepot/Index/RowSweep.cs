using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>After the walk through the ledger, finds rows that no line explains and hours whose rollup is wrong.</summary>
/// <param name="expected">Every row that the ledger makes.</param>
/// <param name="before">Rows written later, by the storage's clock, are left alone: their line may be newer than the walk.</param>
/// <param name="repair">Whether to delete rows and mark hours, or only report.</param>
/// <param name="report">Called for each difference.</param>
/// <param name="swept">Called for each row.</param>
internal sealed class RowSweep(
    DepotStorage storage, Counts counts, DirtyHours dirtyHours, ExpectedRows expected, DateTimeOffset before, bool repair,
    Action<IndexDifference> report, Action swept)
{
    private static readonly string[] ReceiptColumns = ["PartitionKey", "Timestamp", .. ContainerCount.ReceiptColumns];
    private static readonly string[] KeyColumns = ["PartitionKey", "RowKey", "Timestamp"];

    /// <summary>Reports differences; when repairing, deletes unexplained rows and marks wrong hours as dirty.</summary>
    public async Task RunAsync(string container, CancellationToken ct)
    {
        var (position, rollups) = await counts.HoursAsync(container, ct);
        var hours = new Dictionary<DateTimeOffset, ContainerCount>();
        await foreach (var row in Rows(storage.Receipts, container, ReceiptColumns, ct))
        {
            var one = ContainerCount.OfReceipt(row);
            var minute = ReceiptSums.Minute(one.First!.Value);
            if (await KeepAsync(storage.Receipts, container, row, ct) && minute <= position.Through)
            {
                var hour = ReceiptSums.Hour(minute);
                hours[hour] = hours.GetValueOrDefault(hour, ContainerCount.None).Plus(one);
            }
        }

        await foreach (var row in Rows(storage.Participants, container, KeyColumns, ct))
        {
            await KeepAsync(storage.Participants, container, row, ct);
        }

        await CompareAsync(container, rollups, hours, ct);
    }

    private static AsyncPageable<TableEntity> Rows(TableClient table, string container, string[] columns, CancellationToken ct) =>
        table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter(
                $"PartitionKey gt {container + TableKey.Separator} and PartitionKey lt {container + TableKey.AfterSeparator}"),
            select: columns, cancellationToken: ct);

    /// <summary>Reports an unexplained row and, when repairing, deletes it unless it was written meanwhile.</summary>
    /// <returns>Whether the row stays.</returns>
    private async Task<bool> KeepAsync(TableClient table, string container, TableEntity row, CancellationToken ct)
    {
        swept();
        if (expected.MayContain(table, row) || row.Timestamp is not { } written || written >= before)
        {
            return true;
        }

        report(IndexDifference.Unexplained(table.Name, container, row.PartitionKey, TableKey.Id(row.RowKey)));
        if (!repair)
        {
            return true;
        }

        try
        {
            await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, row.ETag, ct);
            return false;
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            return true;
        }
    }

    /// <summary>Compares rollups with rows; rows may have changed since the rollups were read, so a wrong hour is checked again.</summary>
    private async Task CompareAsync(
        string container, Dictionary<DateTimeOffset, ContainerCount> rollups, Dictionary<DateTimeOffset, ContainerCount> rows,
        CancellationToken ct)
    {
        var wrong = rollups.Keys.Union(rows.Keys)
            .Where(hour => rollups.GetValueOrDefault(hour, ContainerCount.None) != rows.GetValueOrDefault(hour, ContainerCount.None))
            .Order().ToList();
        foreach (var hour in wrong)
        {
            if (await counts.IsWrongAsync(container, hour, ct))
            {
                report(IndexDifference.Sum(container, hour));
            }
        }

        if (repair)
        {
            await dirtyHours.MarkAsync(container, wrong, ct);
        }
    }
}
