using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>Removes expired events from the log.</summary>
public sealed class OldEvents(DepotStorage storage)
{
    /// <summary>Seconds whose pages are deleted in parallel.</summary>
    private const int SecondsAtOnce = 8;

    /// <summary>Deletes every event before this second. Two concurrent calls are harmless.</summary>
    /// <returns>Number of events deleted, by this call or a concurrent one.</returns>
    public async Task<long> RemoveAsync(DateTimeOffset before, CancellationToken ct)
    {
        long removed = 0;
        var old = storage.Events.QueryAsync<TableEntity>(EventPages.Before(before), select: EventPages.Outline, cancellationToken: ct);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = SecondsAtOnce, CancellationToken = ct };
        await foreach (var answer in old.AsPages())
        {
            var groups = answer.Values
                .GroupBy(row => row.PartitionKey, StringComparer.Ordinal)
                .SelectMany(second => second.Chunk(StorageLimits.TransactionRows));
            await Parallel.ForEachAsync(groups, parallel, RemoveAsync);
            removed += answer.Values.Sum(EventPages.Count);
        }

        return removed;
    }

    private async ValueTask RemoveAsync(TableEntity[] rows, CancellationToken ct)
    {
        try
        {
            await storage.Events.SubmitTransactionAsync(
                rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)), ct);
        }
        catch (RequestFailedException refusal) when (refusal.Status == 404)
        {
            foreach (var row in rows) // a missing row fails a transaction, but not a single delete
            {
                await storage.Events.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, ct);
            }
        }
    }
}
