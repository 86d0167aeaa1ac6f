using Azure.Data.Tables;
using Azure.Storage.Blobs.Models;
using MailDepot.Documents;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Deletes tickets from quarantine for a person, with a reason, unless the archive counts on them.</summary>
/// <remarks>
/// An attempt may have got as far as the document, or its row in <c>Deliveries</c>, before it failed: these name the
/// ticket's receipt, and later deliveries of the mail are folded into it. Without the ticket that receipt would never exist.
/// A worker that has the ticket in hand may write them after we looked: what then happens is in <see cref="Successors"/>.
/// </remarks>
public sealed class QuarantineDeletion(
    DepotStorage storage, QuarantineView quarantine, Deletions deletions, ArchiveContainers containers, DepotEvents events, EventLog log, TimeProvider clock)
{
    /// <summary>Whose ledger keeps a deletion where the ticket does not say where its mail belongs.</summary>
    private const string UsualContainer = "default";

    /// <summary>Deletes it. The line is in the ledger and the event in the log before the ticket is gone.</summary>
    /// <param name="held">As it was seen.</param>
    /// <param name="why">The person's reason, for ledger and log.</param>
    /// <param name="ct">Stops; asking again is harmless.</param>
    /// <returns>Null when it is gone; else one sentence that says why it is not.</returns>
    public async Task<string?> DeleteAsync(QuarantinedTicket held, string why, CancellationToken ct)
    {
        var id = await quarantine.IdAsync(held, ct);
        if (id != Guid.Empty && (await NamedByAsync(id, ct) ?? await NamedAfterMarkAsync(id, ct)) is { } name)
        {
            return $"Ticket {id:D} can only be released: {name} names it, and without it the mail would have no receipt.";
        }

        var ticket = await quarantine.TicketAsync(held, ct);
        if (await LedgerOfAsync(ticket, ct) is not { } container)
        {
            return "No archive container is there whose ledger could keep the reason: `maildepot container create default` makes one.";
        }

        await deletions.AddAsync(id == Guid.Empty ? held.Id : id.ToString("D"), Line(held, id, ticket, container, why), ct);
        events.Write(EventKind.Deleted, id, $"Deleted from quarantine ({held.Reason}: {held.Sentence}) because: {why}");
        await log.FlushAsync(ct);
        return await quarantine.RemoveAsync(held, ct) ? null : $"{held.Name} has come into quarantine again meanwhile: look at it anew.";
    }

    /// <summary>
    /// Looks once more after the mark is there: what a worker writes from now on is seen beside the mark. The first look spares
    /// a ticket that stays the mark.
    /// </summary>
    private async Task<string?> NamedAfterMarkAsync(Guid id, CancellationToken ct)
    {
        await deletions.MarkAsync(id, ct);
        return await NamedByAsync(id, ct);
    }

    /// <summary>What in the archive names this ticket as its receipt; null if nothing does.</summary>
    /// <remarks>
    /// Looks through the documents of the ticket's month, 5,000 a request, because the mail of a ticket in quarantine may
    /// be unreadable, and the settings may lead elsewhere now than when it was tried.
    /// </remarks>
    public async Task<string?> NamedByAsync(Guid id, CancellationToken ct)
    {
        var month = DocumentStore.Month(TableKey.TimeOf(id));
        await foreach (var container in storage.ArchivesAsync(ct))
        {
            await foreach (var document in storage.Archive(container).GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = month }, ct))
            {
                if (DocumentStore.Owner(document.Metadata).Receipt == id)
                {
                    return $"the document {document.Name} of archive container {container}";
                }
            }

            await foreach (var row in storage.Deliveries.QueryAsync<TableEntity>(DeliveryRows.Of(container, month, id), maxPerPage: 1, cancellationToken: ct))
            {
                return $"the delivery {row.RowKey} of a document of archive container {container}";
            }
        }

        return null;
    }

    /// <summary>The archive container that the ticket's mail belongs to, else the usual one, else any; null if there is none.</summary>
    private async Task<string?> LedgerOfAsync(Ticket? ticket, CancellationToken ct)
    {
        var there = await storage.ArchivesAsync(ct).ToListAsync(ct);
        return new[] { ticket is null ? null : ContainerOf(ticket), UsualContainer }.OfType<string>().FirstOrDefault(there.Contains) ?? there.FirstOrDefault();
    }

    private string? ContainerOf(Ticket ticket)
    {
        try
        {
            return containers.For(ticket.Source).Container;
        }
        catch (Exception e) when (e is NotYetException or UnarchivableException)
        {
            return null; // the settings no longer know its address, or it is for the postmaster
        }
    }

    private DeletedTicket Line(QuarantinedTicket held, Guid id, Ticket? ticket, string container, string why) => new()
    {
        Name = held.Name,
        Container = container,
        Ticket = id == Guid.Empty ? null : id,
        Time = clock.GetUtcNow(),
        Why = why,
        Quarantined = held.Since,
        Reason = held.Reason,
        Sentence = held.Sentence,
        Received = ticket?.Received,
        Source = ticket?.Source,
        Bytes = ticket?.Bytes,
        Sha256 = ticket?.Sha256,
    };
}
