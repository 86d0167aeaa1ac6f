using Azure;
using Azure.Data.Tables;
using MailDepot.Index;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Decides, from a document's second delivery on, whether an arrival is a new receipt or the same delivery again.</summary>
public sealed class Deliveries(DepotStorage storage, Successors successors)
{
    /// <summary>Whose delivery this is: <paramref name="receipt"/> itself, or the receipt that had it before.</summary>
    /// <remarks>
    /// The insert decides, so two workers never both own one delivery; asking again gives the same answer. A delivery of a
    /// ticket that was deleted from quarantine goes to who asks next, by the row's ETag.
    /// </remarks>
    public async Task<Guid> ClaimAsync(string container, string path, Digest deliveryKey, Guid receipt, CancellationToken ct)
    {
        var row = DeliveryRows.Row(container, path, deliveryKey, receipt);
        try
        {
            await storage.Deliveries.AddEntityAsync(row, ct);
            return receipt;
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            return await ResolveOwnerAsync(container, row, ct);
        }
    }

    private async Task<Guid> ResolveOwnerAsync(string container, TableEntity wanted, CancellationToken ct)
    {
        while (true)
        {
            var there = (await storage.Deliveries.GetEntityAsync<TableEntity>(wanted.PartitionKey, wanted.RowKey, cancellationToken: ct)).Value;
            var (before, receipt) = (DeliveryRows.Receipt(there), DeliveryRows.Receipt(wanted));
            if (before == receipt || !await successors.NeverComesAsync(container, before, ct))
            {
                return before;
            }

            try
            {
                await storage.Deliveries.UpdateEntityAsync(wanted, there.ETag, TableUpdateMode.Replace, ct);
                return receipt;
            }
            catch (RequestFailedException e) when (e.Status == 412)
            {
                // another took it over: look again
            }
        }
    }

    /// <summary>Remembers a folded ticket before its message is completed: it writes no receipt that could tell what became of it.</summary>
    public Task RememberFoldedAsync(Guid ticket, Guid receipt, CancellationToken ct) =>
        storage.Deliveries.UpsertEntityAsync(DeliveryRows.Folded(ticket, receipt), TableUpdateMode.Replace, ct);

    /// <summary>The receipt that a ticket was folded into; null if it was not folded.</summary>
    public async Task<Guid?> FoldedIntoAsync(Guid ticket, CancellationToken ct)
    {
        var row = DeliveryRows.Folded(ticket, ticket);
        var there = await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: ct);
        return there.HasValue ? DeliveryRows.Receipt(there.Value!) : null;
    }
}
