using MailDepot.Storage;
using Microsoft.Azure.Functions.Worker;

namespace MailDepot.Functions;

/// <summary>
/// What starts the work of the <see cref="Pipeline"/> on Azure. The queues are those of the host's own account,
/// <c>AzureWebJobsStorage</c>.
/// </summary>
/// <remarks>
/// No trigger touches its own message: the host keeps it hidden, deletes it after a return and redelivers it after an
/// exception, and an update by the trigger would break that delete (azure-webjobs-sdk#2799).
/// </remarks>
public sealed class Triggers(Pipeline pipeline)
{
    /// <summary>Every minute: asks for a collection of each mailbox that is due, and measures which fail.</summary>
    [Function(nameof(PollPop3))]
    public Task PollPop3([TimerTrigger(Pipeline.PollSchedule)] TimerInfo timer, CancellationToken ct) =>
        pipeline.RunAsync(nameof(PollPop3), ct);

    /// <summary>Collects the mailbox that the message names.</summary>
    [Function(nameof(CollectMailbox))]
    public Task CollectMailbox([QueueTrigger(QueueNames.Pop3Poll)] byte[] message, CancellationToken ct) =>
        pipeline.HandleTextAsync(nameof(CollectMailbox), message, ct);

    /// <summary>Every five minutes: mails the administrator which mailboxes can't be collected, if a relay is set.</summary>
    [Function(nameof(NotifyAdministrator))]
    public Task NotifyAdministrator([TimerTrigger(Pipeline.NotifySchedule)] TimerInfo timer, CancellationToken ct) =>
        pipeline.RunAsync(nameof(NotifyAdministrator), ct);

    /// <summary>Archives the mail of a ticket.</summary>
    [Function(nameof(ArchiveMail))]
    public Task ArchiveMail([QueueTrigger(QueueNames.Archive)] byte[] message, CancellationToken ct) =>
        pipeline.HandleTextAsync(nameof(ArchiveMail), message, ct);

    /// <summary>Puts a ticket that the host gave up on back on its queue, to be tried later.</summary>
    [Function(nameof(RescuePoison))]
    public Task RescuePoison([QueueTrigger(QueueNames.ArchivePoison)] byte[] message, CancellationToken ct) =>
        pipeline.HandleTextAsync(nameof(RescuePoison), message, ct);

    /// <summary>
    /// Every five minutes: gives lost spool blobs their tickets, sums up counts, removes old events, measures the queues.
    /// </summary>
    [Function(nameof(Housekeeping))]
    public Task Housekeeping([TimerTrigger(Pipeline.HousekeepingSchedule)] TimerInfo timer, CancellationToken ct) =>
        pipeline.RunAsync(nameof(Housekeeping), ct);
}
