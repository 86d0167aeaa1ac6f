using MailDepot.Events;
using MailDepot.Host.Serving;

namespace MailDepot.Host.Worker;

/// <summary>Does all the work of the <see cref="Pipeline"/> in this process.</summary>
internal sealed class PipelineWorker(Pipeline pipeline, DepotEvents events, Shutdown shutdown, TimeProvider clock) : BackgroundService
{
    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
        [
            .. pipeline.Queues.Select(work => new QueuePump(pipeline, work, events, shutdown, clock).RunAsync(stoppingToken)),
            .. pipeline.Jobs.Select(work => new JobClock(pipeline, work, shutdown, clock).RunAsync(stoppingToken)),
        ]);
}
