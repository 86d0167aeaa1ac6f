using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>What is waiting to be archived. A storage queue reveals no more than this.</summary>
/// <param name="Depth">
/// Tickets on the queue <c>archive</c>, waiting or in progress. Approximate: storage counts messages (Azure "Get Queue
/// Metadata"), and how many tickets share one is known only for the first 32 that are waiting.
/// </param>
/// <param name="Oldest">When the oldest of the first 32 waiting messages was put on the queue; null if none is waiting.</param>
/// <param name="Spooled">Large mails in the spool.</param>
/// <param name="Quarantined">Tickets that need a person.</param>
public sealed record QueueView(int Depth, DateTimeOffset? Oldest, int Spooled, int Quarantined)
{
    /// <summary>Reads the current state.</summary>
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
