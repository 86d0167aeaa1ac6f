using Azure;
using Azure.Data.Tables;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Tickets that a person deleted from quarantine: each has a ledger line, and a row that maps its id to the line.</summary>
/// <remarks>
/// The row is also the mark that the archiver checks (<see cref="Successors"/>). It is written before the deletion checks whether
/// anything refers to the ticket, and is never removed: a reader that sees what a worker wrote after that check also sees the
/// mark.
/// </remarks>
public sealed class Deletions(DepotStorage storage, ReceiptLedger ledger, Quarantine quarantine)
{
    /// <summary>Marks a ticket that is about to be deleted. Repeating it, even after <see cref="AddAsync"/>, changes nothing.</summary>
    public async Task MarkAsync(Guid ticket, CancellationToken ct)
    {
        try
        {
            await storage.Deliveries.AddEntityAsync(DeliveryRows.Deleted(ticket.ToString("D"), null, null), ct);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // marked by an earlier attempt
        }
    }

    /// <summary>Whether a person deleted this ticket, or started to.</summary>
    public async Task<bool> IsMarkedAsync(Guid ticket, CancellationToken ct)
    {
        var row = DeliveryRows.Deleted(ticket.ToString("D"), null, null);
        return (await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, [], ct)).HasValue;
    }

    /// <summary>Writes the line, then the row. Repeating it adds another line, and the row points to the last one.</summary>
    /// <param name="name">The ticket's id, or the hash of a message without one.</param>
    /// <param name="deleted">What the line records.</param>
    /// <param name="ct">If cancelled, the row may be missing; a rebuild restores it.</param>
    public async Task AddAsync(string name, DeletedTicket deleted, CancellationToken ct)
    {
        var place = await ledger.AppendAsync(deleted, ct);
        await storage.Deliveries.UpsertEntityAsync(DeliveryRows.Deleted(name, deleted.Container, place), TableUpdateMode.Replace, ct);
    }

    /// <summary>The line of a ticket's deletion; null if it was not deleted, or is in quarantine again or still.</summary>
    /// <param name="name">The ticket's id, or the hash of a message without one.</param>
    public async Task<DeletedTicket?> FindAsync(string name, CancellationToken ct)
    {
        var row = DeliveryRows.Deleted(name, null, null);
        var existing = await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: ct);
        if (!existing.HasValue || DeliveryRows.Deletion(existing.Value!) is not { } place)
        {
            return null;
        }

        var isQuarantined = Guid.TryParseExact(name, "D", out var id) && await quarantine.ContainsAsync(id, ct);
        return isQuarantined ? null : await ledger.ReadDeletedAsync(place.Container, place.Line, ct);
    }
}
