using MailDepot.Base;
using MailDepot.Events;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MailDepot.Functions;

/// <summary>The app as Azure runs it: the library, with its telemetry joined to the Functions host's.</summary>
internal static class FunctionsApp
{
    /// <summary>Everything that the triggers need, with settings from the environment.</summary>
    public static FunctionsApplicationBuilder Create(string[] args)
    {
        var builder = FunctionsApplication.CreateBuilder(args);
        builder.Services.AddReaders(builder.Configuration).AddConnectors().AddArchiver().AddHostedService<EventLogStart>();
        builder.UseMiddleware<CallsAtWork>();
        builder.Services.AddHostedService(app => app.GetRequiredService<CallsAtWork>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = CallsAtWork.Grace);
        builder.Services.AddMailDepotTelemetry(builder.Configuration).UseFunctionsWorkerDefaults();
        return builder;
    }
}
