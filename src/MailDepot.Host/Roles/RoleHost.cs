using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using MailDepot.Events;
using MailDepot.Host.Local;
using MailDepot.Host.Serving;
using MailDepot.Host.Smtp;
using MailDepot.Host.Terminal;
using MailDepot.Host.Worker;
using MailDepot.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Roles;

/// <summary>One part of the depot as its own process, on the storage that configuration names: what a container runs.</summary>
/// <remarks>
/// <c>/live</c> answers while the process runs; <c>/ready</c> once storage answers too, and the SMTP port if the role has one.
/// Errors are single lines on standard error; what happens to each mail is in the depot's log (<c>maildepot log</c>).
/// </remarks>
internal static class RoleHost
{
    /// <summary>
    /// An environment variable that Azure Container Apps sets in every container ("Manage environment variables"). Its TCP ingress
    /// hides the clients' addresses.
    /// </summary>
    private const string ContainerApp = "CONTAINER_APP_NAME";

    /// <summary>All queues and timed jobs, as the Functions app has them on Azure. Runs until SIGTERM; returns the exit code.</summary>
    public static Task<int> WorkAsync(CancellationToken ct)
    {
        var builder = Begin(AddWorker, out var options);
        DepotOptions.ThrowIfAny(MailboxOptionsCheck.CollectorErrors(options.Mailboxes, builder.Configuration));
        builder.Services.AddHostedService<PipelineWorker>();
        return RunAsync(builder, options, ct);
    }

    /// <summary>The SMTP port on every address of this machine. Runs until SIGTERM; returns the exit code.</summary>
    public static async Task<int> ReceiveAsync(CancellationToken ct)
    {
        EventLoop.Begin();
        var builder = Begin(AddReceiver, out var options);
        if (options.Recipients.Count == 0)
        {
            throw new UsageException(
                "MailDepot:Recipients is empty, so every mail would be refused: name the address that Exchange journals to, "
                + "for example MailDepot__Recipients__0__Pattern=journal-…@archive.example.com.");
        }

        var showsClients = string.IsNullOrEmpty(builder.Configuration[ContainerApp]);
        DepotOptions.ThrowIfAny(RecipientOptionsCheck.OpenPortErrors(options.Recipients, options.Smtp)
            .Concat(SmtpOptionsCheck.OpenPortErrors(options.Smtp, showsClients)));
        await builder.Services.AddSmtpEndpointAsync(CertificateSource.Of(options.Smtp), ct);
        builder.Services.AddHealthChecks().AddCheck<SmtpAnswers>("smtp");
        builder.WebHost.ListenForSmtp(address: null, options.Smtp.Port);
        return await RunAsync(builder, options, ct);
    }

    /// <summary>The services of the role <c>worker</c>.</summary>
    internal static void AddWorker(IServiceCollection services, IConfiguration configuration) =>
        services.AddReaders(configuration).AddConnectors().AddArchiver()
            .AddSingleton(PasswordFiles.Folders(LocalFolder.Find(named: null, Environment.CurrentDirectory)));

    /// <summary>The services of the role <c>smtp</c>: the port is open to strangers, so this process can't write the archive.</summary>
    internal static void AddReceiver(IServiceCollection services, IConfiguration configuration) => services.AddReceiving(configuration);

    /// <summary>Builds what all roles have.</summary>
    /// <param name="compose">Adds the role's services.</param>
    /// <param name="options">The settings, checked.</param>
    /// <param name="more">Settings as on a command line, <c>--MailDepot:GraceSeconds=60</c>, for tests; the roles take none.</param>
    internal static WebApplicationBuilder Begin(
        Action<IServiceCollection, IConfiguration> compose, out DepotOptions options, params ReadOnlySpan<string> more)
    {
        var builder = WebApplication.CreateSlimBuilder([ServerProcess.SettingsAreReadOnce, .. more]);
        compose(builder.Services, builder.Configuration);
        builder.Services.AddHostedService<EventLogStart>();
        using var early = builder.Services.BuildServiceProvider();
        var settings = early.GetRequiredService<IOptions<DepotOptions>>().Value; // a wrong one is reported before it does harm
        ServerProcess.Prepare(builder, Shutdown.ForContainer(settings.GraceSeconds));
        builder.Services.AddMailDepotTelemetry(builder.Configuration);
        builder.Services.AddHealthChecks().AddCheck<StorageAnswers>("storage");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenAnyIP(settings.HealthPort));
        options = settings;
        return builder;
    }

    /// <summary>The role as it runs, with its health endpoints.</summary>
    internal static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.MapHealthChecks("/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/ready", new HealthCheckOptions { ResponseWriter = HealthText.WriteAsync });
        return app;
    }

    /// <summary>Runs the role until SIGTERM; returns the exit code.</summary>
    /// <exception cref="StartException">A port is taken.</exception>
    internal static async Task<int> RunAsync(WebApplicationBuilder builder, DepotOptions options, CancellationToken ct)
    {
        await using var app = Build(builder);
        var storage = app.Services.GetRequiredService<DepotStorage>();
        if (storage.HasKeys)
        {
            await storage.CreateAsync(options.ArchiveContainers(), ct);
        }

        try
        {
            await app.RunAsync(ct);
            return CommandLine.Done;
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            var (port, setting) = failure.Message.Contains($":{options.HealthPort}:", StringComparison.Ordinal)
                ? (options.HealthPort, nameof(DepotOptions.HealthPort))
                : (options.Smtp.Port, $"{nameof(DepotOptions.Smtp)}__{nameof(SmtpOptions.Port)}");
            throw new StartException($"Port {port} is taken: name another with {DepotOptions.Section}__{setting}.", failure);
        }
    }
}
