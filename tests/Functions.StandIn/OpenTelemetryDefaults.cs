using OpenTelemetry;

namespace Microsoft.Azure.Functions.Worker.OpenTelemetry;

/// <summary>Stands for the worker's extension: there is no Functions host whose traces ours would join.</summary>
public static class OpenTelemetryDefaults
{
    /// <summary>Nothing to add.</summary>
    public static IOpenTelemetryBuilder UseFunctionsWorkerDefaults(this IOpenTelemetryBuilder builder) => builder;
}
