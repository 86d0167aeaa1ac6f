using Azure.Data.Tables;
using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Compares the deletions in a ledger with their rows of <c>Deliveries</c>, and adds missing rows.</summary>
/// <remarks>It never changes a row: while a deletion is in progress its row is there before its line.</remarks>
internal sealed class DeletionRepair(DepotStorage storage, ReceiptLedger ledger)
{
    /// <summary>Reports missing rows, and adds them if <paramref name="repair"/> is set; repeating it is harmless.</summary>
    public async Task CompareAsync(string container, bool repair, Action<IndexDifference> report, CancellationToken ct)
    {
        var deletions = await ledger.LastDeletionsAsync(container, place => report(IndexDifference.Unreadable(container, place)), ct);
        foreach (var (ticket, place) in deletions)
        {
            var row = DeliveryRows.Deleted(ticket.ToString("D"), container, place);
            if ((await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, [], ct)).HasValue)
            {
                continue;
            }

            report(IndexDifference.DeletionMissing(container, ticket, place));
            if (repair)
            {
                await storage.Deliveries.UpsertEntityAsync(row, TableUpdateMode.Replace, ct);
            }
        }
    }
}
