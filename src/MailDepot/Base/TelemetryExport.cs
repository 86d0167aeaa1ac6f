using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MailDepot.Base;

/// <summary>Exports <see cref="Telemetry"/> and the logs as configured, for every host that runs the library.</summary>
public static class TelemetryExport
{
    /// <summary>Application Insights; the setting has Azure's own name.</summary>
    public const string ApplicationInsights = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    /// <summary>
    /// Any OTLP collector (OpenTelemetry, "OTLP Exporter Configuration"); the exporter reads further variables itself.
    /// </summary>
    public const string Otlp = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Adds the configured exporters: none, Azure Monitor, OTLP, or both.</summary>
    /// <remarks>
    /// A mail's trace is kept or dropped as a whole when it starts, with <see cref="TelemetryOptions.TraceRatio"/>. Logs are exported
    /// from Warning up: the depot's own log has what happens to each mail. Metrics are never sampled.
    /// </remarks>
    public static OpenTelemetryBuilder AddMailDepotTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = configuration.GetSection("MailDepot:Telemetry").Get<TelemetryOptions>() ?? new();
        var insights = configuration[ApplicationInsights] is { Length: > 0 } connection ? connection : null;
        var otlp = !string.IsNullOrEmpty(configuration[Otlp]);

        services.Configure<OpenTelemetryLoggerOptions>(log => log.IncludeFormattedMessage = true); // else only the template is shown
        services.Configure<LoggerFilterOptions>(filter => filter.AddFilter<OpenTelemetryLoggerProvider>(null, LogLevel.Warning));
        return services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(Telemetry.Name))
            .WithTracing(traces =>
            {
                traces.AddSource(Telemetry.Name);
                _ = insights is null ? traces : traces.AddAzureMonitorTraceExporter(ToInsights);
                _ = otlp ? traces.AddOtlpExporter() : traces;

                // After the Azure Monitor exporter, which sets a sampler of its own. The trace's id alone decides, so a trace is whole,
                // and the Functions host, which samples every call by rules of its own, has no say.
                traces.SetSampler(new TraceIdRatioBasedSampler(settings.TraceRatio));
            })
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Telemetry.Name);
                _ = insights is null ? metrics : metrics.AddAzureMonitorMetricExporter(ToInsights);
                _ = otlp ? metrics.AddOtlpExporter() : metrics;
            })
            .WithLogging(logs =>
            {
                _ = insights is null ? logs : logs.AddAzureMonitorLogExporter(ToInsights);
                _ = otlp ? logs.AddOtlpExporter() : logs;
            });

        void ToInsights(AzureMonitorExporterOptions exporter)
        {
            exporter.ConnectionString = insights;
            exporter.EnableTraceBasedLogsSampler = false; // export every warning, even of a mail whose trace was dropped
            exporter.Credential = settings.Identity ? new DefaultAzureCredential() : null;
        }
    }
}
