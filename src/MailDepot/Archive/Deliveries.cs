using Azure;
using Azure.Data.Tables;
using MailDepot.Index;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Decides, from a document's second delivery on, whether an arrival is a new receipt or a repeated delivery.</summary>
public sealed class Deliveries(DepotStorage storage, Successors successors)
{
    /// <summary>The receipt that owns this delivery: <paramref name="receipt"/>, or an earlier one.</summary>
    /// <remarks>
    /// The insert decides, so two workers never both own a delivery; calling this again gives the same answer. A delivery owned by a
    /// ticket that was deleted from quarantine passes to the next caller, guarded by the row's ETag.
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
            var existing =
                (await storage.Deliveries.GetEntityAsync<TableEntity>(wanted.PartitionKey, wanted.RowKey, cancellationToken: ct)).Value;
            var (owner, receipt) = (DeliveryRows.Receipt(existing), DeliveryRows.Receipt(wanted));
            if (owner == receipt || !await successors.IsAbandonedAsync(container, owner, ct))
            {
                return owner;
            }

            try
            {
                await storage.Deliveries.UpdateEntityAsync(wanted, existing.ETag, TableUpdateMode.Replace, ct);
                return receipt;
            }
            catch (RequestFailedException e) when (e.Status == 412)
            {
                // another worker took it over: look again
            }
        }
    }

    /// <summary>Records a folded ticket before its message is completed, because no receipt will say what happened to it.</summary>
    public Task RememberFoldedAsync(Guid ticket, Guid receipt, CancellationToken ct) =>
        storage.Deliveries.UpsertEntityAsync(DeliveryRows.Folded(ticket, receipt), TableUpdateMode.Replace, ct);

    /// <summary>The receipt that a ticket was folded into; null if it was not folded.</summary>
    public async Task<Guid?> FoldedIntoAsync(Guid ticket, CancellationToken ct)
    {
        var row = DeliveryRows.Folded(ticket, ticket);
        var existing = await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: ct);
        return existing.HasValue ? DeliveryRows.Receipt(existing.Value!) : null;
    }
}
