using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>Takes events out of the log when their time is over.</summary>
public sealed class OldEvents(DepotStorage storage)
{
    /// <summary>Seconds whose pages are deleted side by side.</summary>
    private const int SecondsAtOnce = 8;

    /// <summary>Deletes every event before this second. Two may do so at once; what is gone is gone.</summary>
    /// <returns>Events deleted, by this call or another at the same time.</returns>
    public async Task<long> RemoveAsync(DateTimeOffset before, CancellationToken ct)
    {
        long removed = 0;
        await foreach (var answer in storage.Events.QueryAsync<TableEntity>(EventPages.Before(before), select: EventPages.Outline, cancellationToken: ct).AsPages())
        {
            var groups = answer.Values.GroupBy(row => row.PartitionKey, StringComparer.Ordinal).SelectMany(second => second.Chunk(StorageLimits.TransactionRows));
            await Parallel.ForEachAsync(groups, new ParallelOptions { MaxDegreeOfParallelism = SecondsAtOnce, CancellationToken = ct }, RemoveAsync);
            removed += answer.Values.Sum(EventPages.Count);
        }

        return removed;
    }

    private async ValueTask RemoveAsync(TableEntity[] rows, CancellationToken ct)
    {
        try
        {
            await storage.Events.SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)), ct);
        }
        catch (RequestFailedException refusal) when (refusal.Status == 404)
        {
            foreach (var row in rows) // one that is gone fails a transaction, and alone it does not
            {
                await storage.Events.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, ct);
            }
        }
    }
}
