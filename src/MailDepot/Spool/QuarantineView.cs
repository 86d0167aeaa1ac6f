using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>A ticket in quarantine.</summary>
/// <param name="Name">The blob's name, <c>yyyy/MM/dd/id</c>.</param>
/// <param name="Since">When it was put there, or last put there again.</param>
/// <param name="Reason">A <see cref="QuarantineReason"/> as it was written.</param>
/// <param name="Sentence">The reason in words.</param>
/// <param name="Bytes">Octets of the ticket with its mail, compressed.</param>
/// <param name="Version">The blob's ETag: what is done is done to this one only.</param>
public sealed record QuarantinedTicket(string Name, DateTimeOffset Since, string Reason, string Sentence, long Bytes, string Version)
{
    /// <summary>The name's end: the ticket's id, or the SHA-256 of a message without one.</summary>
    public string Id => Name[(Name.LastIndexOf('/') + 1)..];
}

/// <summary>What a person sees of the quarantine, and puts back on the queue.</summary>
public sealed class QuarantineView(DepotStorage storage, DepotEvents events)
{
    /// <summary>Everything that is there, by day of arrival.</summary>
    public async IAsyncEnumerable<QuarantinedTicket> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var blob in storage.Quarantine.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, ct))
        {
            var (reason, sentence) = Quarantine.ReasonOf(blob.Metadata);
            yield return new QuarantinedTicket(
                blob.Name, blob.Properties.LastModified ?? default, reason, sentence, blob.Properties.ContentLength ?? 0, blob.Properties.ETag?.ToString() ?? "");
        }
    }

    /// <summary>One ticket, by id or by name; null if it is not there.</summary>
    /// <remarks>A hash can be there on two days: the octets are the same then, and one is as good as the other.</remarks>
    public async Task<QuarantinedTicket?> FindAsync(string idOrName, CancellationToken ct) =>
        await ListAsync(ct).FirstOrDefaultAsync(held => held.Name == idOrName || string.Equals(held.Id, idOrName, StringComparison.OrdinalIgnoreCase), ct);

    /// <summary>Those whose id begins so; none for a beginning of fewer than 8 characters, which could be meant for anything.</summary>
    public async Task<IReadOnlyList<QuarantinedTicket>> BeginningAsync(string start, CancellationToken ct) =>
        start.Length < 8 ? [] : await ListAsync(ct).Where(held => held.Id.StartsWith(start, StringComparison.OrdinalIgnoreCase)).ToListAsync(ct);

    /// <summary>What its first line tells; null if that is no ticket that this version can read.</summary>
    public async Task<Ticket?> TicketAsync(QuarantinedTicket held, CancellationToken ct)
    {
        try
        {
            return (await TicketPayload.ReadBlobAsync(Blob(held), ct)).Ticket;
        }
        catch (Exception e) when (e is UnarchivableException or NotYetException)
        {
            return null;
        }
    }

    /// <summary>Puts the ticket back on the queue as if it had just come, and then takes it out of quarantine.</summary>
    /// <remarks>
    /// A crash between the two leaves it in both: harmless. A ticket that comes back into quarantine at once has another
    /// ETag and stays there.
    /// </remarks>
    public async Task ReleaseAsync(QuarantinedTicket held, CancellationToken ct)
    {
        var message = held.Bytes <= StorageLimits.QueueMessageBytes ? RescueMark.Strip(await ContentAsync(held, ct)) : null;
        if (message is null || (message.Length > StorageLimits.QueueMessageBytes - StorageLimits.RescueMarkRoom && Ticket.IdIn(held.Name) is not null))
        {
            await SpoolAsync(held, ct);
            message = Ticket.PointerTo(held.Name); // which is the ticket's SpoolName, too
        }

        await storage.ArchiveQueue.SendMessageAsync(BinaryData.FromBytes(message), timeToLive: StorageLimits.NeverExpires, cancellationToken: ct);
        events.Write(EventKind.Released, await IdAsync(held, ct), $"Released from quarantine ({held.Reason}): the ticket is on the queue again.");
        await RemoveAsync(held, ct);
    }

    /// <summary>Takes it away unless it was put there again meanwhile. One that is gone is gone.</summary>
    internal async Task<bool> RemoveAsync(QuarantinedTicket held, CancellationToken ct)
    {
        try
        {
            await Blob(held).DeleteIfExistsAsync(conditions: new BlobRequestConditions { IfMatch = new ETag(held.Version) }, cancellationToken: ct);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            return false;
        }
    }

    /// <summary>The ticket's id by its name, or as far as its first line tells it; empty if neither does.</summary>
    internal async Task<Guid> IdAsync(QuarantinedTicket held, CancellationToken ct) =>
        Ticket.IdIn(held.Name) ?? (held.Bytes <= StorageLimits.QueueMessageBytes ? Ticket.IdInMessage(await ContentAsync(held, ct)) : Guid.Empty);

    private BlobClient Blob(QuarantinedTicket held) => storage.Quarantine.GetBlobClient(held.Name);

    private async Task<byte[]> ContentAsync(QuarantinedTicket held, CancellationToken ct) =>
        (await Blob(held).DownloadContentAsync(ct)).Value.Content.ToArray();

    /// <summary>
    /// The very same octets are a spool blob again. One that is there already gets a new ETag, so that who just put it
    /// into quarantine does not delete it now.
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
                // it was deleted between the two
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
