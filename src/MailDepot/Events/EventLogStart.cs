using Microsoft.Extensions.Hosting;

namespace MailDepot.Events;

/// <summary>Has the live log written while a host runs: hosts add it, verbs flush by themselves. It ends with the library's parts, after all who tell events.</summary>
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
