using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Views;

/// <summary>What is waiting to be archived, and what needs a person. A storage queue reveals no more than this.</summary>
/// <param name="Depth">
/// Tickets on the queue <c>archive</c>, waiting or in progress. Approximate: storage counts messages (Azure "Get Queue
/// Metadata"), and how many tickets share one is known only for the first 32 that are waiting.
/// </param>
/// <param name="Oldest">When the oldest of the first 32 waiting messages was put on the queue; null if none is waiting.</param>
/// <param name="Spooled">Large mails in the spool.</param>
/// <param name="Quarantined">Tickets that need a person.</param>
public sealed record TicketQueue(int Depth, DateTimeOffset? Oldest, int Spooled, int Quarantined);

/// <summary>What waits in a POP3 mailbox, and how far a visit to it is.</summary>
/// <param name="Name">The mailbox.</param>
/// <param name="Stage">Where the visit is; idle when there is none.</param>
/// <param name="Waiting">Mails still to be collected.</param>
/// <param name="WaitingBytes">Their size.</param>
/// <param name="Collected">Mails that this visit, or the last one, made durable.</param>
/// <param name="CollectedBytes">Their size.</param>
/// <param name="Undeleted">Mails that are durable and still in the mailbox.</param>
/// <param name="AsOf">When that was so; null if nobody has been there.</param>
public sealed record QueuedMailbox(
    string Name, VisitStage Stage, int Waiting, long WaitingBytes, int Collected, long CollectedBytes, int Undeleted, DateTimeOffset? AsOf)
{
    /// <summary>The mailbox as it is at a moment.</summary>
    internal static QueuedMailbox Of(Mailbox mailbox, DateTimeOffset now)
    {
        var progress = mailbox.State.Progress;
        var stage = mailbox.IsCollecting(now) ? progress.Stage : VisitStage.Idle;
        return new(
            mailbox.Name, stage, progress.Waiting, progress.WaitingBytes, progress.Collected, progress.CollectedBytes, progress.Undeleted,
            mailbox.State.Progressed);
    }
}

/// <summary>Reads what waits: tickets for the archiver, and mails in the mailboxes that are collected.</summary>
public sealed class QueuesView(DepotStorage storage, MailboxDirectory mailboxes, TimeProvider clock)
{
    /// <summary>What waits to be archived now.</summary>
    public async Task<TicketQueue> TicketsAsync(CancellationToken ct)
    {
        var properties = await storage.ArchiveQueue.GetPropertiesAsync(ct);
        var waiting = await storage.ArchiveQueue.PeekMessagesAsync(StorageLimits.MessagesPerGet, ct);
        var (messages, seen) = (properties.Value.ApproximateMessagesCount, waiting.Value.Length);
        return new TicketQueue(
            seen == 0 ? messages : messages * waiting.Value.Sum(message => TicketBundle.Unpack(message.Body.ToMemory()).Count) / seen,
            waiting.Value.Min(message => message.InsertedOn),
            await storage.Spool.GetBlobsAsync(cancellationToken: ct).CountAsync(ct),
            await storage.Quarantine.GetBlobsAsync(cancellationToken: ct).CountAsync(ct));
    }

    /// <summary>Whether a ticket is in the first 32 messages that wait for the archiver.</summary>
    public async Task<bool> ShowsAsync(Guid ticket, CancellationToken ct) =>
        (await storage.ArchiveQueue.PeekMessagesAsync(StorageLimits.MessagesPerGet, ct)).Value
            .SelectMany(message => TicketBundle.Unpack(message.Body.ToMemory()))
            .Any(one => Ticket.IdInMessage(one.Span) == ticket);

    /// <summary>What waits in each mailbox, in the order of <see cref="MailboxDirectory.ListAsync"/>.</summary>
    public async Task<ImmutableArray<QueuedMailbox>> MailboxesAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return [.. (await mailboxes.ListAsync(ct)).Select(mailbox => QueuedMailbox.Of(mailbox, now))];
    }
}
