using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>What waits to be archived. A storage queue tells no more than this.</summary>
/// <param name="Depth">Messages on the queue <c>archive</c>, waiting or at work; approximate, never less than the truth (Azure "Get Queue Metadata").</param>
/// <param name="Oldest">When the oldest of the first 32 that wait was put there; null if none waits.</param>
/// <param name="Spooled">Large mails in the spool.</param>
/// <param name="Quarantined">Tickets that need a person.</param>
public sealed record QueueView(int Depth, DateTimeOffset? Oldest, int Spooled, int Quarantined)
{
    /// <summary>Reads it now.</summary>
    public static async Task<QueueView> ReadAsync(DepotStorage storage, CancellationToken ct)
    {
        var properties = await storage.ArchiveQueue.GetPropertiesAsync(ct);
        var waiting = await storage.ArchiveQueue.PeekMessagesAsync(StorageLimits.QueueMessagesAGet, ct);
        return new QueueView(
            properties.Value.ApproximateMessagesCount,
            waiting.Value.Min(message => message.InsertedOn),
            await storage.Spool.GetBlobsAsync(cancellationToken: ct).CountAsync(ct),
            await storage.Quarantine.GetBlobsAsync(cancellationToken: ct).CountAsync(ct));
    }
}
