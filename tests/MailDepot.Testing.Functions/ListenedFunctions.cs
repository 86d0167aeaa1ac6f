using Microsoft.Azure.WebJobs;

namespace MailDepot.Testing.Functions;

/// <summary>
/// The app's functions as the listeners see them. Each name in percent signs stands for the queue or the schedule that the worker
/// gives for this function.
/// </summary>
/// <remarks>The listeners find them by reflection; <see cref="FunctionsHost"/> refuses an app that has others.</remarks>
public sealed class ListenedFunctions(WorkerCalls worker)
{
    public Task ArchiveMail([QueueTrigger("%ArchiveMail%")] byte[] message, Binder binder, CancellationToken ct) =>
        worker.HandleAsync(nameof(ArchiveMail), message, binder, ct);

    public Task RescuePoison([QueueTrigger("%RescuePoison%")] byte[] message, Binder binder, CancellationToken ct) =>
        worker.HandleAsync(nameof(RescuePoison), message, binder, ct);

    public Task CollectMailbox([QueueTrigger("%CollectMailbox%")] byte[] message, Binder binder, CancellationToken ct) =>
        worker.HandleAsync(nameof(CollectMailbox), message, binder, ct);

    public Task PollPop3([TimerTrigger("%PollPop3%")] TimerInfo timer, CancellationToken ct) =>
        worker.TickAsync(nameof(PollPop3), ct);

    public Task NotifyAdministrator([TimerTrigger("%NotifyAdministrator%")] TimerInfo timer, CancellationToken ct) =>
        worker.TickAsync(nameof(NotifyAdministrator), ct);

    public Task Housekeeping([TimerTrigger("%Housekeeping%")] TimerInfo timer, CancellationToken ct) =>
        worker.TickAsync(nameof(Housekeeping), ct);
}
