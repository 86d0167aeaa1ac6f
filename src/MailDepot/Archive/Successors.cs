using Azure;
using Azure.Data.Tables;
using MailDepot.Documents;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Decides what replaces a ticket that a person deleted from quarantine while a worker was still processing it.</summary>
/// <remarks>
/// Such a worker may store the document, or claim a delivery, after the deletion checked for them, and then die: what it wrote
/// refers to a receipt that will never exist. The next delivery of that mail takes its place. If the worker survives after all,
/// the deleted ticket is archived too: one receipt too many, never one too few.
/// </remarks>
public sealed class Successors(DepotStorage storage, Deletions deletions, IndexReader reader, Quarantine quarantine, DepotEvents events)
{
    /// <summary>The owner of a document: the ticket in its metadata, or its successor if that ticket will never have a receipt.</summary>
    /// <param name="named">The owner in the document's metadata; not <paramref name="receipt"/> itself.</param>
    /// <param name="receipt">
    /// Becomes the owner if the place is free; then <see cref="Receipt.InPlaceOf"/> is the ticket it succeeds.
    /// </param>
    /// <param name="ct">If cancelled, calling this again gives the same answer.</param>
    /// <exception cref="NotYetException">
    /// The ticket is in quarantine and its deletion has begun: it will be deleted or released.
    /// </exception>
    public async Task<(DocumentOwner Owner, Receipt Receipt)> OwnerAsync(DocumentOwner named, Receipt receipt, CancellationToken ct)
    {
        var owner = named;
        Guid? before = null;
        while (owner.Receipt != Guid.Empty && owner.Receipt != receipt.Id && await deletions.IsMarkedAsync(owner.Receipt, ct))
        {
            if (await SuccessorOfAsync(owner.Receipt, receipt, ct) is not { } successor)
            {
                break;
            }

            (before, owner) = (owner.Receipt, successor);
        }

        return (owner, owner.Receipt == receipt.Id ? receipt with { InPlaceOf = before } : receipt);
    }

    /// <summary>Whether this ticket will never have a receipt: it was deleted before it got one.</summary>
    /// <exception cref="NotYetException">It is in quarantine and its deletion has begun.</exception>
    public async Task<bool> IsAbandonedAsync(string container, Guid ticket, CancellationToken ct)
    {
        if (!await deletions.IsMarkedAsync(ticket, ct) || await reader.HasReceiptAsync(container, ticket, ct))
        {
            return false;
        }

        return !await quarantine.ContainsAsync(ticket, ct)
            ? true
            : throw new NotYetException(
                $"Ticket {ticket}, which brought the same mail earlier, is in quarantine and its deletion has begun: "
                + "finish it with `maildepot quarantine delete` or `maildepot quarantine release`.");
    }

    /// <summary>The successor of a marked ticket, this receipt if the place is free; null if the ticket has a receipt.</summary>
    /// <remarks>A successor stays, even if the ticket's receipt appears later.</remarks>
    private async Task<DocumentOwner?> SuccessorOfAsync(Guid deleted, Receipt receipt, CancellationToken ct)
    {
        var row = DeliveryRows.Successor(receipt, deleted);
        var existing = await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: ct);
        if (existing.HasValue)
        {
            return new DocumentOwner(DeliveryRows.Receipt(existing.Value!), DeliveryRows.SuccessorKey(existing.Value!));
        }

        if (!await IsAbandonedAsync(receipt.Container, deleted, ct))
        {
            return null;
        }

        try
        {
            await storage.Deliveries.AddEntityAsync(row, ct);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            var first = (await storage.Deliveries.GetEntityAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: ct)).Value;
            return new DocumentOwner(DeliveryRows.Receipt(first), DeliveryRows.SuccessorKey(first));
        }

        events.Write(
            EventKind.Step, receipt.Id,
            $"Ticket {deleted}, which brought the document, was deleted from quarantine: this receipt takes its place.");
        return new DocumentOwner(receipt.Id, receipt.DeliveryKey);
    }
}
