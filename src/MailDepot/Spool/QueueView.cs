using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>What waits to be archived. A storage queue tells no more than this.</summary>
/// <param name="Depth">
/// Tickets on the queue <c>archive</c>, waiting or at work; approximate: storage counts messages (Azure "Get Queue
/// Metadata"), and how many tickets share one is known of the first 32 that wait.
/// </param>
/// <param name="Oldest">When the oldest of the first 32 that wait was put there; null if none waits.</param>
/// <param name="Spooled">Large mails in the spool.</param>
/// <param name="Quarantined">Tickets that need a person.</param>
public sealed record QueueView(int Depth, DateTimeOffset? Oldest, int Spooled, int Quarantined)
{
    /// <summary>Reads it now.</summary>
    public static async Task<QueueView> ReadAsync(DepotStorage storage, CancellationToken ct)
    {
        var properties = await storage.ArchiveQueue.GetPropertiesAsync(ct);
        var waiting = await storage.ArchiveQueue.PeekMessagesAsync(StorageLimits.MessagesPerGet, ct);
        var (messages, seen) = (properties.Value.ApproximateMessagesCount, waiting.Value.Length);
        return new QueueView(
            seen == 0 ? messages : messages * waiting.Value.Sum(message => TicketBundle.Unpack(message.Body.ToMemory()).Count) / seen,
            waiting.Value.Min(message => message.InsertedOn),
            await storage.Spool.GetBlobsAsync(cancellationToken: ct).CountAsync(ct),
            await storage.Quarantine.GetBlobsAsync(cancellationToken: ct).CountAsync(ct));
    }
}
