using Azure.Data.Tables;
using Azure.Storage.Blobs.Models;
using MailDepot.Base;
using MailDepot.Documents;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Deletes tickets from quarantine for a person, with a reason, unless the archive depends on them.</summary>
/// <remarks>
/// A failed attempt may have stored the document, or its row in <c>Deliveries</c>: both refer to the ticket's receipt, and later
/// deliveries of the mail are folded into it. Without the ticket that receipt would never exist. A worker that is processing the
/// ticket may write them after our check; <see cref="Successors"/> handles that.
/// </remarks>
public sealed class QuarantineDeletion(
    DepotStorage storage, QuarantinedTickets quarantine, Deletions deletions, FindDestination destinationOf, DepotEvents events,
    EventLog log, TimeProvider clock)
{
    /// <summary>Its ledger records a deletion if the ticket does not say where its mail belongs.</summary>
    private const string DefaultContainer = "default";

    /// <summary>Deletes a ticket. The ledger line and the event are written before the ticket is deleted.</summary>
    /// <param name="held">The ticket, in the version that was shown.</param>
    /// <param name="why">The person's reason, for ledger and log.</param>
    /// <param name="ct">If cancelled, repeating the call is harmless.</param>
    /// <returns>Null if it was deleted; otherwise one sentence that says why not.</returns>
    public async Task<string?> DeleteAsync(QuarantinedTicket held, string why, CancellationToken ct)
    {
        var id = await quarantine.IdAsync(held, ct);
        if (id != Guid.Empty && (await NamedByAsync(id, ct) ?? await NamedAfterMarkAsync(id, ct)) is { } name)
        {
            return $"Ticket {id:D} can only be released: {name} refers to it, and without it the mail would have no receipt.";
        }

        var ticket = await quarantine.TicketAsync(held, ct);
        if (await LedgerOfAsync(ticket, ct) is not { } container)
        {
            return "There is no archive container to record the reason in: create one with `maildepot container create default`.";
        }

        await deletions.AddAsync(id == Guid.Empty ? held.Id : id.ToString("D"), Line(held, id, ticket, container, why), ct);
        events.Write(
            EventKind.Deleted, id, $"Deleted from quarantine ({DepotJson.Word(held.Reason)}: {held.Sentence}) because: {why}");
        await log.FlushAsync(ct);
        return await quarantine.RemoveAsync(held, ct) ? null : $"{held.Name} was quarantined again since; check it again.";
    }

    /// <summary>
    /// Checks once more after the mark is written: a reader that sees what a worker writes from now on also sees the mark. The
    /// check before it avoids marking a ticket that stays.
    /// </summary>
    private async Task<string?> NamedAfterMarkAsync(Guid id, CancellationToken ct)
    {
        await deletions.MarkAsync(id, ct);
        return await NamedByAsync(id, ct);
    }

    /// <summary>What in the archive refers to this ticket's receipt; null if nothing does.</summary>
    /// <remarks>
    /// Searches the documents of the ticket's month, 5,000 per request: the mail of a quarantined ticket may be unreadable, and the
    /// settings may map it to another archive container than when it was last tried.
    /// </remarks>
    public async Task<string?> NamedByAsync(Guid id, CancellationToken ct)
    {
        var month = DocumentStore.Month(TableKey.TimeOf(id));
        await foreach (var container in storage.ArchivesAsync(ct))
        {
            var options = new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = month };
            await foreach (var document in storage.Archive(container).GetBlobsAsync(options, ct))
            {
                if (DocumentStore.Owner(document.Metadata).Receipt == id)
                {
                    return $"the document {document.Name} of archive container {container}";
                }
            }

            var filter = DeliveryRows.Of(container, month, id);
            await foreach (var row in storage.Deliveries.QueryAsync<TableEntity>(filter, maxPerPage: 1, cancellationToken: ct))
            {
                return $"the delivery {row.RowKey} of a document of archive container {container}";
            }
        }

        return null;
    }

    /// <summary>The archive container that the ticket's mail belongs to, else the default one, else any; null if there is none.</summary>
    private async Task<string?> LedgerOfAsync(Ticket? ticket, CancellationToken ct)
    {
        var existing = await storage.ArchivesAsync(ct).ToListAsync(ct);
        var preferred = new[] { ticket is null ? null : ContainerOf(ticket), DefaultContainer };
        return preferred.OfType<string>().FirstOrDefault(existing.Contains) ?? existing.FirstOrDefault();
    }

    private string? ContainerOf(Ticket ticket)
    {
        try
        {
            return destinationOf(ticket.Source).Container;
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
