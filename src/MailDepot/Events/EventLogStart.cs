using Microsoft.Extensions.Hosting;

namespace MailDepot.Events;

/// <summary>Starts writing the live log when a host starts. Commands that are not hosts flush it themselves.</summary>
/// <remarks>The log stops when the container disposes of it, after everything that writes events.</remarks>
public sealed class EventLogStart(EventLog log) : IHostedService
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
