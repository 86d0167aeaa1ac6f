using System.Net;
using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Receiving;
using MailDepot.Events;
using MailDepot.Host.Demo;
using MailDepot.Host.Local;
using MailDepot.Host.Serving;
using MailDepot.Host.Smtp;
using MailDepot.Host.Terminal;
using MailDepot.Host.Worker;
using MailDepot.Mail;
using MailDepot.Storage;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace MailDepot.Host.Up;

/// <summary>The whole depot in one process: storage, SMTP endpoint, archiver.</summary>
internal static class LocalDepot
{
    /// <summary>How long we wait for Azurite to end before leaving it to finish alone: that is safe, and the user need not wait.</summary>
    private static readonly TimeSpan AzuriteStopTimeout = TimeSpan.FromSeconds(1.5);

    /// <summary>Runs until Ctrl-C, SIGTERM, or the demo's end with <c>--exit</c>; returns the exit code.</summary>
    public static async Task<int> RunAsync(UpSettings settings, CancellationToken ct)
    {
        var screen = new UpScreen(settings.Json);
        var folder = LocalFolder.Find(settings.Data, Environment.CurrentDirectory);
        using var held = folder.Hold();
        var builder = WebApplication.CreateSlimBuilder([ServerProcess.SettingsAreReadOnce]);
        builder.Configuration.AddInMemoryCollection(settings.Overrides());
        UseLocalRecipients(builder.Configuration, settings.Demo);
        var smtp = CheckSettings(builder.Configuration).Smtp;
        var certificate = CertificateSource.Of(smtp) ?? new SelfMadeCertificate(smtp.Hostname, TimeProvider.System);
        await builder.Services.AddSmtpEndpointAsync(certificate, ct);

        var azurite = await StartStorageAsync(builder.Configuration, folder, screen, ct);
        try
        {
            return await RunAsync(settings, builder, folder, azurite, screen, ct);
        }
        finally
        {
            File.Delete(folder.DepotFile);
            if (azurite is not null)
            {
                await Task.WhenAny(
                    azurite.StopAsync(CancellationToken.None),
                    Task.Delay(AzuriteStopTimeout, TimeProvider.System, CancellationToken.None));
            }
        }
    }

    private static async Task<int> RunAsync(
        UpSettings settings, WebApplicationBuilder builder, LocalFolder folder,
        AzuriteProcess? azurite, UpScreen screen, CancellationToken ct)
    {
        await using var app = Compose(builder, folder, screen);
        var options = app.Services.GetRequiredService<IOptions<DepotOptions>>().Value;
        await app.Services.GetRequiredService<DepotStorage>().CreateAsync(options.ArchiveContainers(), ct);
        var live = !settings.Json && !settings.Demo
            && AnsiConsole.Profile.Capabilities is { Interactive: true, Ansi: true } && !Console.IsOutputRedirected;
        if (!live)
        {
            app.Services.GetRequiredService<DepotEvents>().Written += (_, e) => screen.Event(e);
        }

        var totals = new RunTotals(app.Services.GetRequiredService<DepotEvents>());

        await StartAsync(app, options.Smtp.Port, ct);
        await DepotFile.WriteAsync(folder, options, azurite is not null, ct);
        screen.Ready(options, await app.Services.GetRequiredService<MailboxDirectory>().ListAsync(ct), folder, azurite is not null);

        var code = CommandLine.Done;
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        var storageLost = azurite is null ? Task.FromResult(false) : StopWithAsync(azurite, lifetime, screen);
        if (settings.Demo)
        {
            var demo = new DemoRun(app.Services, screen.Say);
            code = await demo.RunAsync(lifetime.ApplicationStopping) ? CommandLine.Done : CommandLine.NotDone;
            await DemoPicture.ShowAsync(app.Services, screen, settings, lifetime.ApplicationStopping);
        }

        if (live)
        {
            await new LivePicture(app.Services, $"SMTP on 127.0.0.1:{options.Smtp.Port}").RunAsync(lifetime.ApplicationStopping);
        }

        if (!settings.Exit)
        {
            await app.WaitForShutdownAsync(ct);
        }

        await app.StopAsync(ct);
        screen.End(totals.Read(app.Services.GetRequiredService<RequestCounter>()));
        return await storageLost ? CommandLine.NotDone : settings.Exit ? code : CommandLine.Done;
    }

    /// <exception cref="StartException">Another program took the port at the last moment.</exception>
    private static async Task StartAsync(WebApplication app, int port, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException failure)
        {
            throw new StartException(
                $"The SMTP endpoint can't listen on 127.0.0.1:{port} ({failure.Message.TrimEnd('.')}): try again, or name a "
                + "port with --smtp-port.", failure);
        }
    }

    /// <summary>Without its storage the depot could only reply 451, so it stops and says why. True if storage ended first.</summary>
    private static async Task<bool> StopWithAsync(AzuriteProcess azurite, IHostApplicationLifetime lifetime, UpScreen screen)
    {
        try
        {
            await azurite.EndedAsync(lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        screen.Say("The local storage (Azurite) has ended unexpectedly. Accepted mail is safe in its files: start `maildepot up` again.");
        lifetime.StopApplication();
        return true;
    }

    /// <summary>Reports a wrong setting before anything is installed or started.</summary>
    private static DepotOptions CheckSettings(ConfigurationManager configuration)
    {
        var options = new DepotOptions();
        options.Bind(configuration);
        options.WorkStorage = options.WorkStorage is { Length: > 0 } named ? named : "UseDevelopmentStorage=true"; // not started yet
        DepotOptions.ThrowIfAny(new DepotOptionsCheck().Validate(null, options).Failures ?? []);
        DepotOptions.ThrowIfAny(MailboxOptionsCheck.CollectorErrors(options.Mailboxes, configuration));
        return options;
    }

    private static WebApplication Compose(WebApplicationBuilder builder, LocalFolder folder, UpScreen screen)
    {
        ServerProcess.Prepare(builder, Shutdown.Interactive);
        builder.Logging.AddFilter("MailDepot.Events", LogLevel.None); // the screen shows them
        builder.Logging.AddFilter("MailDepot.Smtp.SmtpEndpoint", LogLevel.None); // including what was answered with 451
        builder.Services.AddReaders(builder.Configuration).AddConnectors().AddArchiver()
            .AddSingleton(PasswordFiles.Folders(folder)).AddHostedService<EventLogStart>().AddHostedService<PipelineWorker>();
        builder.Services.AddMailDepotTelemetry(builder.Configuration);

        var wanted = builder.Configuration.GetValue($"{DepotOptions.Section}:Smtp:Port", new SmtpOptions().Port);
        var port = LocalPort.Choose(wanted);
        if (wanted != 0 && port != wanted)
        {
            screen.Say($"Port {wanted} is taken: SMTP uses {port}.");
        }

        builder.Configuration[$"{DepotOptions.Section}:Smtp:Port"] = $"{port}";
        builder.WebHost.ListenForSmtp(IPAddress.Loopback, port);
        return builder.Build();
    }

    /// <summary>Starts Azurite unless the configuration names storage that is already running.</summary>
    private static async Task<AzuriteProcess?> StartStorageAsync(
        ConfigurationManager configuration, LocalFolder folder, UpScreen screen, CancellationToken ct)
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

    /// <summary>
    /// On the loopback, without configured recipients, every address is accepted, and one is a journal
    /// address. The demo's own addresses are always accepted, so that its samples arrive.
    /// </summary>
    private static void UseLocalRecipients(ConfigurationManager configuration, bool demo)
    {
        var own = new DepotOptions();
        configuration.GetSection(DepotOptions.Section).Bind(own);
        var local = own.Recipients.Count == 0 ? new UpSettings { Recipients = ["*"], JournalRecipients = [Samples.JournalAddress] }
            : demo ? new UpSettings { Recipients = [Samples.ArchiveAddress], JournalRecipients = [Samples.JournalAddress] }
            : new UpSettings();
        var known = own.Recipients.Select(recipient => EmailAddress.Key(recipient.Pattern)).ToHashSet(StringComparer.Ordinal);
        configuration.AddInMemoryCollection(local.Without(known).Overrides(startAt: own.Recipients.Count));
    }
}
