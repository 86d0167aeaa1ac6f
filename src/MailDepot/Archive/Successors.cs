using Azure;
using Azure.Data.Tables;
using MailDepot.Documents;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Who takes the place of a ticket that a person deleted from quarantine while a worker still had it in hand.</summary>
/// <remarks>
/// Such a worker may write the document, or claim a delivery, after the deletion had looked, and then die: what it wrote names a
/// receipt that never comes. The next delivery of that mail takes the place. A deleted ticket whose worker lives on after all is
/// archived beside it: one receipt too many, never one too few.
/// </remarks>
public sealed class Successors(DepotStorage storage, Deletions deletions, IndexReader reader, Quarantine quarantine, DepotEvents events)
{
    /// <summary>Whose document it is: of the ticket that it names, or, if that one's receipt never comes, of the successor.</summary>
    /// <param name="named">By the document's metadata; not <paramref name="receipt"/> itself.</param>
    /// <param name="receipt">Takes the place if it is free; then it is the owner, and <see cref="Receipt.InPlaceOf"/> the ticket before it.</param>
    /// <param name="ct">Stops; asking again gives the same answer.</param>
    /// <exception cref="NotYetException">The ticket is in quarantine, and its deletion began: it will be deleted or released.</exception>
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

    /// <summary>Whether the receipt of this ticket never comes: it was deleted, and has none.</summary>
    /// <exception cref="NotYetException">It is in quarantine, and its deletion began.</exception>
    public async Task<bool> NeverComesAsync(string container, Guid ticket, CancellationToken ct)
    {
        if (!await deletions.IsMarkedAsync(ticket, ct) || await reader.HasReceiptAsync(container, ticket, ct))
        {
            return false;
        }

        return !await quarantine.ContainsAsync(ticket, ct)
            ? true
            : throw new NotYetException($"Ticket {ticket}, which brought the same mail before, is in quarantine, and somebody began to delete it: `maildepot quarantine delete` or `release` decides.");
    }

    /// <summary>The heir of a marked ticket, made if the place is free; null if the ticket has its receipt. Who is there stays, also when that receipt comes late.</summary>
    private async Task<DocumentOwner?> SuccessorOfAsync(Guid deleted, Receipt receipt, CancellationToken ct)
    {
        var row = DeliveryRows.Successor(receipt, deleted);
        var there = await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: ct);
        if (there.HasValue)
        {
            return new DocumentOwner(DeliveryRows.Receipt(there.Value!), DeliveryRows.SuccessorKey(there.Value!));
        }

        if (!await NeverComesAsync(receipt.Container, deleted, ct))
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

        events.Write(EventKind.Step, receipt.Id, $"Ticket {deleted}, which brought the document, was deleted from quarantine: this receipt takes its place.");
        return new DocumentOwner(receipt.Id, receipt.DeliveryKey);
    }
}
