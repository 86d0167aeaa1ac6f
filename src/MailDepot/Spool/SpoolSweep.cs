using System.Globalization;
using Azure;
using Azure.Storage.Blobs.Models;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Requeues spool blobs whose ticket may have been lost: after one hour, after four, then daily.</summary>
/// <remarks>
/// A connector that crashed, or a lost response from the queue, may leave a blob without a message. It can't be told apart
/// from one that is still waiting, but a second ticket is harmless: a mail is archived once. Nothing is ever deleted here.
/// </remarks>
public sealed class SpoolSweep(DepotStorage storage, TimeProvider clock)
{
    /// <summary>Metadata: when the sweep last requeued the blob.</summary>
    private const string RequeuedKey = "ticket";

    private static readonly TimeSpan FirstAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan SecondAge = TimeSpan.FromHours(4);
    private static readonly TimeSpan Daily = TimeSpan.FromDays(1);

    /// <summary>Walks the whole spool once. Two may run at the same time: the ETag decides which one requeues a blob.</summary>
    /// <returns>Number of blobs requeued.</returns>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var requeued = 0;
        await foreach (var blob in storage.Spool.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, ct))
        {
            if (Due(blob) <= clock.GetUtcNow() && await ClaimAsync(blob, ct))
            {
                await storage.ArchiveQueue.SendMessageAsync(
                    BinaryData.FromBytes(Ticket.PointerTo(blob.Name)), timeToLive: StorageLimits.NeverExpires, cancellationToken: ct);
                requeued++;
            }
        }

        return requeued;
    }

    /// <summary>The first two times count from the blob's creation, later ones from the time before.</summary>
    private static DateTimeOffset Due(BlobItem blob)
    {
        var created = blob.Properties.CreatedOn ?? blob.Properties.LastModified ?? default;
        var last = blob.Metadata.TryGetValue(RequeuedKey, out var text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : (DateTimeOffset?)null;
        return last is null ? created + FirstAge : last < created + SecondAge ? created + SecondAge : last.Value + Daily;
    }

    /// <summary>Records the time before the message is sent: if sending fails, the next sweep that is due sends it.</summary>
    private async Task<bool> ClaimAsync(BlobItem blob, CancellationToken ct)
    {
        var metadata = new Dictionary<string, string>(blob.Metadata, StringComparer.Ordinal)
        {
            [RequeuedKey] = clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
        };
        var unchanged = new BlobRequestConditions { IfMatch = blob.Properties.ETag };
        try
        {
            await storage.Spool.GetBlobClient(blob.Name).SetMetadataAsync(metadata, unchanged, ct);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            return false; // archived meanwhile, or another sweep was first
        }
    }
}
