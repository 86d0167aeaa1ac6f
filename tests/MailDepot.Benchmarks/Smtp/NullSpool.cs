using System.CommandLine;
using System.Net;
using MailDepot.Connectors.Receiving;
using MailDepot.Host.Serving;
using MailDepot.Host.Smtp;
using MailDepot.Host.Up;
using MailDepot.Mail;
using MailDepot.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>
/// The benchmark's own second process: our endpoint on Kestrel, as in the Host, over a spool that reads every mail and keeps
/// none.
/// </summary>
internal static class NullSpool
{
    public const string Name = "null-spool";

    /// <summary>The command under which the benchmark starts itself; prints the port.</summary>
    public static Command Make()
    {
        var tls = new Option<bool>("--tls") { Description = "Offer STARTTLS, with a certificate for this run." };
        var command = new Command(Name, "For `smtp`: the SMTP endpoint without storage. Prints its port.") { tls };
        command.Hidden = true;
        command.SetAction(async (parsed, ct) =>
        {
            await RunAsync(parsed.GetValue(tls), ct);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(bool tls, CancellationToken ct)
    {
        EventLoop.Begin();
        var builder = WebApplication.CreateSlimBuilder([ServerProcess.SettingsAreReadOnce]);
        builder.Logging.ClearProviders();
        var map = new RecipientMap([new RecipientRule("*@example.com", "default", Journal: false)]);
        builder.Services.AddSingleton(new SmtpEndpoint(
            new SmtpPolicy(),
            new SmtpLimits(),
            new RecipientPolicy(map, TimeProvider.System).Decide,
            AcceptAsync,
            TimeProvider.System,
            NullLogger.Instance)
        {
            OneThread = EventLoop.IsRunning,
            Tls = tls ? new SmtpTls(SelfSigned.Make()) : null,
        });
        var port = LocalPort.Choose(0);
        builder.WebHost.ListenForSmtp(IPAddress.Loopback, port);
        await using var app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(port));
        await app.StartAsync(ct);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, app.Lifetime.ApplicationStopped)
            .WaitAsync(ct)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<AcceptedMail> AcceptAsync(SmtpSource source, Stream mail, CancellationToken ct)
    {
        await mail.CopyToAsync(Stream.Null, ct);
        return new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), default);
    }
}
