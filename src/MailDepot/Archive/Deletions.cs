using Azure;
using Azure.Data.Tables;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>The tickets that a person deleted from quarantine: a line of the ledger each, and a row that leads from the id to it.</summary>
/// <remarks>
/// The row is also the mark that the archiver respects (<see cref="Successors"/>). It is there before the deletion looks whether
/// anything names the ticket, and never goes: whoever sees what a worker wrote after that look sees the mark, too.
/// </remarks>
public sealed class Deletions(DepotStorage storage, ReceiptLedger ledger, Quarantine quarantine)
{
    /// <summary>Marks a ticket that is about to be deleted; again, or after <see cref="AddAsync"/>, changes nothing.</summary>
    public async Task MarkAsync(Guid ticket, CancellationToken ct)
    {
        try
        {
            await storage.Deliveries.AddEntityAsync(DeliveryRows.Deleted(ticket.ToString("D"), null, null), ct);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // an earlier attempt had come as far
        }
    }

    /// <summary>Whether a person deleted this ticket, or began to.</summary>
    public async Task<bool> IsMarkedAsync(Guid ticket, CancellationToken ct)
    {
        var row = DeliveryRows.Deleted(ticket.ToString("D"), null, null);
        return (await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, [], ct)).HasValue;
    }

    /// <summary>Writes the line, then the row; again leaves one more line, and the row leads to the last.</summary>
    /// <param name="name">What the quarantine calls the ticket: its id, or the hash of a message without one.</param>
    /// <param name="deleted">The line.</param>
    /// <param name="ct">Stops; the row may then be missing, which a rebuild mends.</param>
    public async Task AddAsync(string name, DeletedTicket deleted, CancellationToken ct)
    {
        var place = await ledger.AppendAsync(deleted, ct);
        await storage.Deliveries.UpsertEntityAsync(DeliveryRows.Deleted(name, deleted.Container, place), TableUpdateMode.Replace, ct);
    }

    /// <summary>The line of a ticket's deletion; null if it was not deleted, or is in quarantine all the same.</summary>
    /// <param name="name">Its id, or the hash of a message without one.</param>
    /// <param name="ct">Stops.</param>
    public async Task<DeletedTicket?> FindAsync(string name, CancellationToken ct)
    {
        var row = DeliveryRows.Deleted(name, null, null);
        var there = await storage.Deliveries.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: ct);
        return there.HasValue && DeliveryRows.Deletion(there.Value!) is { } place && !(Guid.TryParseExact(name, "D", out var id) && await quarantine.ContainsAsync(id, ct))
            ? await ledger.ReadDeletedAsync(place.Container, place.Line, ct)
            : null;
    }
}
