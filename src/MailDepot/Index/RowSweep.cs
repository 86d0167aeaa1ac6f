using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Walks the rows of an archive container after its ledger was walked: rows that no line explains, and hours whose rollup is wrong.</summary>
/// <param name="expected">Every row that the ledger makes.</param>
/// <param name="before">Rows written later, by the storage's clock, are left alone: their line may have come after the walk.</param>
/// <param name="mend">Take out and mark; else only tell.</param>
/// <param name="tell">Called for each difference.</param>
/// <param name="swept">Called for each row.</param>
internal sealed class RowSweep(
    DepotStorage storage, Counts counts, DirtyHours dirtyHours, ExpectedRows expected, DateTimeOffset before, bool mend, Action<IndexDifference> tell, Action swept)
{
    private static readonly string[] ReceiptColumns = ["PartitionKey", "Timestamp", .. ContainerCount.ReceiptColumns];
    private static readonly string[] KeyColumns = ["PartitionKey", "RowKey", "Timestamp"];

    /// <summary>Tells, takes out, and marks the hours that must be summed again.</summary>
    public async Task RunAsync(string container, CancellationToken ct)
    {
        var (position, rollups) = await counts.HoursAsync(container, ct);
        var hours = new Dictionary<DateTimeOffset, ContainerCount>();
        await foreach (var row in Rows(storage.Receipts, container, ReceiptColumns, ct))
        {
            var one = ContainerCount.OfReceipt(row);
            var minute = ReceiptSums.Minute(one.First!.Value);
            if (await IsLeftAsync(storage.Receipts, container, row, ct) && minute <= position.Through)
            {
                var hour = ReceiptSums.Hour(minute);
                hours[hour] = hours.GetValueOrDefault(hour, ContainerCount.None).Plus(one);
            }
        }

        await foreach (var row in Rows(storage.Participants, container, KeyColumns, ct))
        {
            await IsLeftAsync(storage.Participants, container, row, ct);
        }

        await CompareAsync(container, rollups, hours, ct);
    }

    private static AsyncPageable<TableEntity> Rows(TableClient table, string container, string[] columns, CancellationToken ct) => table.QueryAsync<TableEntity>(
        TableClient.CreateQueryFilter($"PartitionKey gt {container + TableKey.Separator} and PartitionKey lt {container + TableKey.AfterSeparator}"),
        select: columns, cancellationToken: ct);

    /// <summary>Whether the row stays; one that nothing explains is told, and taken out unless someone wrote it meanwhile.</summary>
    private async Task<bool> IsLeftAsync(TableClient table, string container, TableEntity row, CancellationToken ct)
    {
        swept();
        if (expected.MayContain(table, row) || row.Timestamp is not { } written || written >= before)
        {
            return true;
        }

        tell(IndexDifference.Unexplained(table.Name, container, row.PartitionKey, TableKey.Id(row.RowKey)));
        if (!mend)
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

    /// <summary>Rows written during the walk may differ from rollups read before it: an hour is looked at again before it is told.</summary>
    private async Task CompareAsync(
        string container, Dictionary<DateTimeOffset, ContainerCount> rollups, Dictionary<DateTimeOffset, ContainerCount> rows, CancellationToken ct)
    {
        var wrong = rollups.Keys.Union(rows.Keys)
            .Where(hour => rollups.GetValueOrDefault(hour, ContainerCount.None) != rows.GetValueOrDefault(hour, ContainerCount.None))
            .Order().ToList();
        foreach (var hour in wrong)
        {
            if (await counts.IsWrongAsync(container, hour, ct))
            {
                tell(IndexDifference.Sum(container, hour));
            }
        }

        if (mend)
        {
            await dirtyHours.MarkAsync(container, wrong, ct);
        }
    }
}
