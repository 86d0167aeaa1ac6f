using Microsoft.Extensions.Logging.Console;

namespace MailDepot.Host.Serving;

/// <summary>What every process that serves has in common: how it speaks on the error output, and how it ends.</summary>
internal static class ServerProcess
{
    /// <summary>
    /// Nobody looks at settings again, and a watch on their file is one on every folder below the current one
    /// (PhysicalFileProvider): thousands beside a <c>node_modules</c>, out of inotify's limit for the user.
    /// </summary>
    public const string SettingsAreReadOnce = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Warnings as one line each on the error output; services end together, within their grace.</summary>
    public static void Prepare(WebApplicationBuilder builder, Shutdown shutdown)
    {
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning)
            .AddConsole(console => console.FormatterName = OneLineFormatter.FormatterName)
            .AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>()
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // what fails at start is told by the command
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = shutdown.Limit;
            host.ServicesStopConcurrently = true;
        });
        builder.Services.AddSingleton(shutdown);
    }
}
