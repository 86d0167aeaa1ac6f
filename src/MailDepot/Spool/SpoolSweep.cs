using System.Globalization;
using Azure;
using Azure.Storage.Blobs.Models;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Gives spool blobs their ticket again that may have lost it: after an hour, after four, then daily.</summary>
/// <remarks>
/// A connector that died, or an answer of the queue that got lost, may leave a blob without a message. Nobody can tell
/// it from one that waits its turn; a second ticket is harmless, for a mail is archived once. Nothing is ever deleted here.
/// </remarks>
public sealed class SpoolSweep(DepotStorage storage, TimeProvider clock)
{
    /// <summary>Metadata: when it got a ticket from here last.</summary>
    private const string TicketTime = "ticket";

    private static readonly TimeSpan FirstAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan SecondAge = TimeSpan.FromHours(4);
    private static readonly TimeSpan Daily = TimeSpan.FromDays(1);

    /// <summary>Goes through the whole spool once. Two may do so at once: the ETag decides who gives a blob its ticket.</summary>
    /// <returns>How many tickets were given.</returns>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var given = 0;
        await foreach (var blob in storage.Spool.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, ct))
        {
            if (Due(blob) <= clock.GetUtcNow() && await ClaimAsync(blob, ct))
            {
                await storage.ArchiveQueue.SendMessageAsync(
                    BinaryData.FromBytes(Ticket.PointerTo(blob.Name)), timeToLive: StorageLimits.NeverExpires, cancellationToken: ct);
                given++;
            }
        }

        return given;
    }

    /// <summary>Counted from when the blob was made; after the second time, from the last.</summary>
    private static DateTimeOffset Due(BlobItem blob)
    {
        var made = blob.Properties.CreatedOn ?? blob.Properties.LastModified ?? default;
        var last = blob.Metadata.TryGetValue(TicketTime, out var text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : (DateTimeOffset?)null;
        return last is null ? made + FirstAge : last < made + SecondAge ? made + SecondAge : last.Value + Daily;
    }

    /// <summary>Notes the time first: if the message then fails, the next time is a few hours off, and not lost.</summary>
    private async Task<bool> ClaimAsync(BlobItem blob, CancellationToken ct)
    {
        var metadata = new Dictionary<string, string>(blob.Metadata, StringComparer.Ordinal)
        {
            [TicketTime] = clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
        };
        try
        {
            await storage.Spool.GetBlobClient(blob.Name).SetMetadataAsync(metadata, new BlobRequestConditions { IfMatch = blob.Properties.ETag }, ct);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            return false; // archived meanwhile, or another was first
        }
    }
}
