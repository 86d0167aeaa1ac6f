using Microsoft.Extensions.Logging.Console;

namespace MailDepot.Host.Serving;

/// <summary>What every server process has in common: how it logs to standard error, and how it ends.</summary>
internal static class ServerProcess
{
    /// <summary>
    /// Settings are read once, and a watch on their file would watch every folder below the current one
    /// (PhysicalFileProvider): thousands beside a <c>node_modules</c>, which use up the user's inotify limit.
    /// </summary>
    public const string SettingsAreReadOnce = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Warnings go to standard error as one line each; services end together, within their grace.</summary>
    public static void Prepare(WebApplicationBuilder builder, Shutdown shutdown)
    {
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning)
            .AddConsole(console => console.FormatterName = OneLineFormatter.FormatterName)
            .AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>()
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // the command reports what fails at start
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = shutdown.Limit;
            host.ServicesStopConcurrently = true;
        });
        builder.Services.AddSingleton(shutdown);
    }
}
