using System.Collections.Immutable;
using System.Text.Json;
using MailDepot.Events;
using MailDepot.Host.Commands;
using MailDepot.Host.Demo;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;
using MailDepot.Host.Worker;
using MailDepot.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Up;

/// <summary>The whole depot in one process: storage, SMTP endpoint, archiver.</summary>
internal static class LocalDepot
{
    /// <summary>How long Azurite gets to end before we leave it to do so by itself: it is safe, only the person waits.</summary>
    private static readonly TimeSpan AzuriteEndsWithin = TimeSpan.FromSeconds(1.5);

    /// <summary>Runs until Ctrl-C, SIGTERM, or the demo's end with <c>--exit</c>; returns the exit code.</summary>
    public static async Task<int> RunAsync(UpSettings settings, CancellationToken ct)
    {
        var screen = new UpScreen(settings.Json);
        var folder = LocalFolder.Find(settings.Data, Environment.CurrentDirectory);
        using var held = folder.Hold();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings.Overrides());
        UseLocalRecipients(builder.Configuration);
        CheckSettings(builder.Configuration);

        var azurite = await StartStorageAsync(builder.Configuration, folder, screen, ct);
        try
        {
            return await RunAsync(settings, builder, folder, screen, ct);
        }
        finally
        {
            File.Delete(folder.DepotFile);
            if (azurite is not null)
            {
                await Task.WhenAny(azurite.StopAsync(CancellationToken.None), Task.Delay(AzuriteEndsWithin, TimeProvider.System, CancellationToken.None));
            }
        }
    }

    private static async Task<int> RunAsync(UpSettings settings, WebApplicationBuilder builder, LocalFolder folder, UpScreen screen, CancellationToken ct)
    {
        await using var app = Compose(builder);
        var options = app.Services.GetRequiredService<IOptions<DepotOptions>>().Value;
        await app.Services.GetRequiredService<DepotStorage>().CreateAsync(options.Recipients.Select(r => r.Container), ct);
        app.Services.GetRequiredService<DepotEvents>().Written += (_, e) => screen.Event(e);
        var totals = new RunTotals(app.Services.GetRequiredService<DepotEvents>());

        await app.StartAsync(ct);
        await File.WriteAllTextAsync(folder.DepotFile, DepotFile(options), ct);
        screen.Ready(options, folder);

        var code = CommandLine.Done;
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        if (settings.Demo)
        {
            var demo = new DemoRun(app.Services, screen);
            code = await demo.RunAsync(lifetime.ApplicationStopping) ? CommandLine.Done : CommandLine.NotDone;
            await demo.ShowPictureAsync(settings, lifetime.ApplicationStopping);
        }

        if (!settings.Exit)
        {
            await app.WaitForShutdownAsync(ct);
        }

        await app.StopAsync(ct);
        screen.End(totals.Read(app.Services.GetRequiredService<RequestCounter>()));
        return settings.Exit ? code : CommandLine.Done;
    }

    /// <summary>A wrong setting is told before anything is installed or started.</summary>
    private static void CheckSettings(ConfigurationManager configuration)
    {
        var options = new DepotOptions();
        configuration.GetSection(DepotOptions.Section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        options.WorkStorage = options.WorkStorage is { Length: > 0 } named ? named : "UseDevelopmentStorage=true"; // not started yet
        if (new DepotOptionsCheck().Validate(null, options) is { Failed: true } wrong)
        {
            throw new OptionsValidationException(DepotOptions.Section, typeof(DepotOptions), wrong.Failures);
        }
    }

    private static WebApplication Compose(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders().AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("MailDepot.Events", LogLevel.None); // the screen shows them
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(o =>
        {
            o.ShutdownTimeout = Shutdown.Limit;
            o.ServicesStopConcurrently = true;
        });
        builder.Services.AddMailDepot(builder.Configuration).AddHostedService<PipelineWorker>();
        builder.Services.AddSmtpEndpoint();

        var wanted = builder.Configuration.GetValue($"{DepotOptions.Section}:Smtp:Port", new SmtpOptions().Port);
        var port = LocalPort.Choose(wanted);
        builder.Configuration[$"{DepotOptions.Section}:Smtp:Port"] = $"{port}";
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen => listen.UseConnectionHandler<SmtpConnectionHandler>()));
        return builder.Build();
    }

    /// <summary>Starts Azurite unless the configuration names storage that runs already.</summary>
    private static async Task<AzuriteProcess?> StartStorageAsync(ConfigurationManager configuration, LocalFolder folder, UpScreen screen, CancellationToken ct)
    {
        const string Storage = $"{DepotOptions.Section}:{nameof(DepotOptions.WorkStorage)}";
        if (!string.IsNullOrEmpty(configuration[Storage]))
        {
            return null;
        }

        var named = configuration[$"{DepotOptions.Section}:{nameof(DepotOptions.Azurite)}"];
        var program = await AzuriteProgram.FindAsync(folder, named, SearchPath.FromEnvironment(), screen.Say, TimeProvider.System, ct);
        screen.Say("Starting the local storage (Azurite) …");
        var azurite = await AzuriteProcess.StartOrAdoptAsync(program, new AzuriteSetup { Folder = folder }, TimeProvider.System, ct);
        configuration[Storage] = azurite.ConnectionString(AzuriteAccount.Development.Name);
        return azurite;
    }

    /// <summary>On the loopback everybody is welcome: without configured recipients every address is, and one is a journal address.</summary>
    private static void UseLocalRecipients(ConfigurationManager configuration)
    {
        var recipients = configuration.GetSection($"{DepotOptions.Section}:Recipients");
        if (!recipients.GetChildren().Any())
        {
            var local = new UpSettings { Recipients = ["*"], JournalRecipients = [Samples.JournalAddress] };
            configuration.AddInMemoryCollection(local.Overrides());
        }
    }

    /// <summary>What the other verbs need to find this depot.</summary>
    private static string DepotFile(DepotOptions options) => JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        [DepotOptions.Section] = new { options.WorkStorage, options.ArchiveStorage, Recipients = options.Recipients.ToImmutableArray(), Smtp = new { options.Smtp.Port } },
    });
}
