using Azure;
using MailDepot.Events;
using MailDepot.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailDepot.Host.Roles;

/// <summary>The queue that every mail goes through can be asked.</summary>
internal sealed class StorageAnswers(DepotStorage storage) : IHealthCheck
{
    /// <inheritdoc />
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await storage.ArchiveQueue.GetPropertiesAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException)
        {
            return HealthCheckResult.Unhealthy($"{Failure.Words(failure)}.");
        }
    }
}
