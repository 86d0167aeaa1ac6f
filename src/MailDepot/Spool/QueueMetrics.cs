using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using MailDepot.Base;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Publishes how much waits and for how long: storage has no metric for a queue's age (<see cref="Telemetry"/>).</summary>
public sealed class QueueMetrics(DepotStorage storage, TimeProvider clock)
{
    /// <summary>Measures once.</summary>
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

    /// <summary>Of the first 32 that can be seen: a storage queue shows no more.</summary>
    private async Task<TimeSpan> OldestAgeAsync(QueueClient queue, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var waiting = (await queue.PeekMessagesAsync(StorageLimits.MessagesPerGet, ct)).Value;
        return waiting.Length == 0 ? TimeSpan.Zero : waiting.Max(message => now - Since(message, now));
    }

    /// <summary>A ticket is as old as its mail, however often it was put back; another message as old as its place on the queue.</summary>
    private static DateTimeOffset Since(PeekedMessage message, DateTimeOffset now) =>
        TicketBundle.FirstId(message.Body.ToMemory()) is var id && id != Guid.Empty ? TableKey.TimeOf(id) : message.InsertedOn ?? now;
}
