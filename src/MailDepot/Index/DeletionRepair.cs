using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Compares the deletions that a ledger names with their rows of <c>Deliveries</c>, and writes those that are missing.</summary>
/// <remarks>Only what is missing: the row of a deletion that is under way is there before its line.</remarks>
internal sealed class DeletionRepair(DepotStorage storage, ReceiptLedger ledger)
{
    /// <summary>Writes if <paramref name="mend"/> says so; again is harmless.</summary>
    public async Task CompareAsync(string container, bool mend, Action<IndexDifference> tell, CancellationToken ct)
    {
        var deletions = await ledger.LastDeletionsAsync(container, place => tell(IndexDifference.NoReceipt(container, place)), ct);
        foreach (var (ticket, place) in deletions)
        {
            var row = DeliveryRows.Deleted(ticket.ToString("D"), container, place);
            if ((await storage.Deliveries.GetEntityIfExistsAsync<Azure.Data.Tables.TableEntity>(row.PartitionKey, row.RowKey, [], ct)).HasValue)
            {
                continue;
            }

            tell(IndexDifference.DeletionMissing(container, ticket, place));
            if (mend)
            {
                await storage.Deliveries.UpsertEntityAsync(row, Azure.Data.Tables.TableUpdateMode.Replace, ct);
            }
        }
    }
}
