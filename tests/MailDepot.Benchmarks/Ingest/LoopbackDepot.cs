using System.Net;
using Azure.Core.Pipeline;
using MailDepot.Events;
using MailDepot.Host.Serving;
using MailDepot.Host.Smtp;
using MailDepot.Host.Up;
using MailDepot.Host.Worker;
using MailDepot.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>SMTP endpoint, spool, pump and archiver in this process, composed as <c>maildepot up</c> composes them.</summary>
internal sealed class LoopbackDepot : IAsyncDisposable
{
    /// <summary>The only archive container.</summary>
    public const string Container = "default";

    private readonly WebApplication app;

    private LoopbackDepot(WebApplication app, int port) => (this.app, Port) = (app, port);

    /// <summary>Where SMTP listens on 127.0.0.1.</summary>
    public int Port { get; }

    public DepotStorage Storage => app.Services.GetRequiredService<DepotStorage>();

    public DepotEvents Events => app.Services.GetRequiredService<DepotEvents>();

    public RequestCounter Requests => app.Services.GetRequiredService<RequestCounter>();

    /// <summary>Starts one on empty storage; it listens when this returns.</summary>
    /// <param name="storage">Connection string.</param>
    /// <param name="policy">Sees every storage call.</param>
    /// <param name="ct">Cancels the start.</param>
    public static async Task<LoopbackDepot> StartAsync(string storage, HttpPipelinePolicy? policy, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder([ServerProcess.SettingsAreReadOnce]);
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(Settings(storage));
        builder.Services.AddReaders(builder.Configuration).AddConnectors().AddArchiver().AddHostedService<PipelineWorker>();
        builder.Services.AddSingleton(Shutdown.Interactive);
        await builder.Services.AddSmtpEndpointAsync(certificate: null, ct);
        if (policy is not null)
        {
            builder.Services.AddSingleton(policy);
        }

        var port = LocalPort.Choose(0);
        builder.WebHost.ListenForSmtp(IPAddress.Loopback, port);
        var depot = new LoopbackDepot(builder.Build(), port);
        await depot.Storage.CreateAsync([Container], ct);
        await depot.app.StartAsync(ct);
        return depot;
    }

    /// <summary>The settings of a depot whose only recipient is the journal address.</summary>
    public static Dictionary<string, string?> Settings(string storage) => new(StringComparer.Ordinal)
    {
        ["MailDepot:WorkStorage"] = storage,
        ["MailDepot:Recipients:0:Pattern"] = JournalMails.Journal,
        ["MailDepot:Recipients:0:Container"] = Container,
        ["MailDepot:Recipients:0:Journal"] = "true",
    };

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }
}
