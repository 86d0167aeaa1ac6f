using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Base;
using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>A ticket in quarantine.</summary>
/// <param name="Name">The blob's name, <c>yyyy/MM/dd/id</c>.</param>
/// <param name="Since">When it was put there, or last put there again.</param>
/// <param name="Reason">A <see cref="QuarantineReason"/> as it was written.</param>
/// <param name="Sentence">The reason as a sentence for people.</param>
/// <param name="Bytes">Size of the ticket with its mail, compressed.</param>
/// <param name="Version">The blob's ETag: releasing or deleting affects only this version.</param>
public sealed record QuarantinedTicket(string Name, DateTimeOffset Since, string Reason, string Sentence, long Bytes, string Version)
{
    /// <summary>The last part of the name: the ticket's id, or the SHA-256 of a message without one.</summary>
    public string Id => Name[(Name.LastIndexOf('/') + 1)..];
}

/// <summary>Lists tickets in quarantine and releases them for a person.</summary>
public sealed class QuarantinedTickets(DepotStorage storage, DepotEvents events)
{
    /// <summary>All tickets in quarantine, by day of arrival.</summary>
    public async IAsyncEnumerable<QuarantinedTicket> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var blob in storage.Quarantine.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, ct))
        {
            var (reason, sentence) = Quarantine.ReasonOf(blob.Metadata);
            yield return new QuarantinedTicket(
                blob.Name, blob.Properties.LastModified ?? default, reason, sentence,
                blob.Properties.ContentLength ?? 0, blob.Properties.ETag?.ToString() ?? "");
        }
    }

    /// <summary>Ids of tickets in quarantine from the lowest to the highest of a range.</summary>
    public IAsyncEnumerable<Guid> IdsBetweenAsync(Guid first, Guid last, CancellationToken ct) => ListAsync(ct)
        .Select(held => Ticket.IdIn(held.Name))
        .Where(id => id >= first && id <= last)
        .Select(id => id!.Value);

    /// <summary>One ticket, by id or by name; null if it is not there.</summary>
    /// <remarks>The same hash may be there on two days; the bytes are identical, so either will do.</remarks>
    public async Task<QuarantinedTicket?> FindAsync(string idOrName, CancellationToken ct) => await ListAsync(ct).FirstOrDefaultAsync(
        held => held.Name == idOrName || string.Equals(held.Id, idOrName, StringComparison.OrdinalIgnoreCase), ct);

    /// <summary>Reads the ticket's header; null if it is not a ticket that this version can read.</summary>
    public async Task<Ticket?> TicketAsync(QuarantinedTicket held, CancellationToken ct) => (await PayloadAsync(held, ct))?.Ticket;

    /// <summary>Reads the ticket, whose mail can then be opened; null if it is not a ticket that this version can read.</summary>
    public async Task<TicketPayload?> PayloadAsync(QuarantinedTicket held, CancellationToken ct)
    {
        try
        {
            return await TicketPayload.ReadBlobAsync(Blob(held), ct);
        }
        catch (Exception e) when (e is UnarchivableException or NotYetException)
        {
            return null;
        }
    }

    /// <summary>Puts the ticket back on the queue as if it had just arrived, then removes it from quarantine.</summary>
    /// <remarks>
    /// A crash in between leaves it in both places, which is harmless. A ticket that is quarantined again meanwhile has another
    /// ETag and stays.
    /// </remarks>
    public async Task ReleaseAsync(QuarantinedTicket held, CancellationToken ct)
    {
        var message = held.Bytes <= StorageLimits.QueueMessageBytes ? RescueMark.Strip(await ContentAsync(held, ct)) : null;
        var leavesRoom = message?.Length <= StorageLimits.QueueMessageBytes - StorageLimits.RescueMarkRoom;
        if (message is null || (!leavesRoom && Ticket.IdIn(held.Name) is not null))
        {
            await SpoolAsync(held, ct);
            message = Ticket.PointerTo(held.Name); // the name is also the ticket's SpoolName
        }

        await storage.ArchiveQueue.SendMessageAsync(
            BinaryData.FromBytes(message), timeToLive: StorageLimits.NeverExpires, cancellationToken: ct);
        events.Write(
            EventKind.Released, await IdAsync(held, ct),
            $"Released from quarantine ({DepotJson.Word(held.Reason)}): the ticket is on the queue again.");
        await RemoveAsync(held, ct);
    }

    /// <summary>Deletes this version, or does nothing if it no longer exists; false if the ticket was quarantined again since.</summary>
    internal async Task<bool> RemoveAsync(QuarantinedTicket held, CancellationToken ct)
    {
        var thisVersion = new BlobRequestConditions { IfMatch = new ETag(held.Version) };
        try
        {
            await Blob(held).DeleteIfExistsAsync(conditions: thisVersion, cancellationToken: ct);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            return false;
        }
    }

    /// <summary>The ticket's id from its name, else from its first line; empty if neither has one.</summary>
    internal async Task<Guid> IdAsync(QuarantinedTicket held, CancellationToken ct) => Ticket.IdIn(held.Name)
        ?? (held.Bytes <= StorageLimits.QueueMessageBytes ? Ticket.IdInMessage(await ContentAsync(held, ct)) : Guid.Empty);

    private BlobClient Blob(QuarantinedTicket held) => storage.Quarantine.GetBlobClient(held.Name);

    private async Task<byte[]> ContentAsync(QuarantinedTicket held, CancellationToken ct) =>
        (await Blob(held).DownloadContentAsync(ct)).Value.Content.ToArray();

    /// <summary>
    /// Copies the bytes back to the spool unchanged. If the spool blob still exists it gets a new ETag, so that the worker that
    /// just quarantined it does not delete it.
    /// </summary>
    private async Task SpoolAsync(QuarantinedTicket held, CancellationToken ct)
    {
        var spooled = storage.Spool.GetBlockBlobClient(held.Name);
        while (await CopyAsync(held, spooled, ct) is Put.AlreadyThere)
        {
            try
            {
                await spooled.SetMetadataAsync(new Dictionary<string, string>(StringComparer.Ordinal), cancellationToken: ct);
                return;
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                // it was deleted in between: copy again
            }
        }
    }

    private async Task<Put> CopyAsync(QuarantinedTicket held, BlockBlobClient spooled, CancellationToken ct)
    {
        await using var content = (await Blob(held).DownloadStreamingAsync(cancellationToken: ct)).Value.Content;
        await using var copy = new StagedBlobStream(spooled);
        await content.CopyToAsync(copy, ct);
        return await copy.CommitAsync(default, null, null, ct);
    }
}
