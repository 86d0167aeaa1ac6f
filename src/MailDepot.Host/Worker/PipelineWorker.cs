using MailDepot.Events;

namespace MailDepot.Host.Worker;

/// <summary>Does all the work of the <see cref="Pipeline"/> in this process.</summary>
internal sealed class PipelineWorker(Pipeline pipeline, DepotEvents events, TimeProvider clock) : BackgroundService
{
    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
        [
            .. pipeline.Queues.Select(work => new QueuePump(work, events, clock).RunAsync(stoppingToken)),
            .. pipeline.Jobs.Select(work => new JobClock(work, events, clock).RunAsync(stoppingToken)),
        ]);
}
