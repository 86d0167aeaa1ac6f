using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using MailDepot.Base;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Publishes queue lengths and ages (<see cref="Telemetry"/>); Azure Storage has no metric for a queue's age.</summary>
public sealed class QueueMetrics(DepotStorage storage, TimeProvider clock)
{
    /// <summary>Records every gauge once.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var queue in new[] { storage.ArchiveQueue, storage.ArchivePoison, storage.Pop3Queue })
        {
            var tag = new KeyValuePair<string, object?>("queue", queue.Name);
            Telemetry.QueueDepth.Record((await queue.GetPropertiesAsync(ct)).Value.ApproximateMessagesCount, tag);
            Telemetry.QueueOldestAge.Record((await OldestAgeAsync(queue, ct)).TotalSeconds, tag);
        }

        Telemetry.QuarantineSize.Record(await storage.Quarantine.GetBlobsAsync(cancellationToken: ct).CountAsync(ct));
    }

    /// <summary>The oldest of the first 32 visible messages: peeking returns no more.</summary>
    private async Task<TimeSpan> OldestAgeAsync(QueueClient queue, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var waiting = (await queue.PeekMessagesAsync(StorageLimits.MessagesPerGet, ct)).Value;
        return waiting.Length == 0 ? TimeSpan.Zero : waiting.Max(message => now - Since(message, now));
    }

    /// <summary>A ticket ages from its mail's arrival, however often it was put back; any other message from its insertion.</summary>
    private static DateTimeOffset Since(PeekedMessage message, DateTimeOffset now) =>
        TicketBundle.FirstId(message.Body.ToMemory()) is var id && id != Guid.Empty ? TableKey.TimeOf(id) : message.InsertedOn ?? now;
}
