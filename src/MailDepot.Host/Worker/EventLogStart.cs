using MailDepot.Events;

namespace MailDepot.Host.Worker;

/// <summary>Has the live log written while the process runs. It ends with the library's parts, after all who tell events.</summary>
internal sealed class EventLogStart(EventLog log) : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        log.Start();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
