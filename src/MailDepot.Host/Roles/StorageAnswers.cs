using Azure;
using MailDepot.Events;
using MailDepot.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailDepot.Host.Roles;

/// <summary>Checks that the spool answers: every role may read it, whereas the SMTP endpoint's identity may not read the queue.</summary>
internal sealed class StorageAnswers(DepotStorage storage) : IHealthCheck
{
    /// <inheritdoc />
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await storage.Spool.GetPropertiesAsync(cancellationToken: cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException)
        {
            return HealthCheckResult.Unhealthy($"{Failure.Describe(failure)}.");
        }
    }
}
