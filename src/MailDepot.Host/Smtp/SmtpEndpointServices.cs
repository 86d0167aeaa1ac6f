using System.Net;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Smtp;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Smtp;

/// <summary>The SMTP endpoint over the spool.</summary>
internal static class SmtpEndpointServices
{
    /// <summary>Adds the endpoint that <see cref="SmtpConnectionHandler"/> serves, with limits, recipients and policy from the settings.</summary>
    /// <param name="services">With MailDepot.</param>
    /// <param name="certificate">Where that for STARTTLS is, which is read here and now; null: it is not offered.</param>
    /// <exception cref="CertificateException">It can't be had: no port should open.</exception>
    public static async Task AddSmtpEndpointAsync(this IServiceCollection services, ICertificateSource? certificate, CancellationToken ct)
    {
        if (certificate is not null)
        {
            var first = await certificate.ReadAsync(ct) ?? throw new InvalidOperationException("A source gives its first certificate once.");
            services.AddSingleton(provider => new SmtpCertificate(
                certificate, first, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SmtpCertificate>>()));
        }

        services.AddSingleton(Endpoint);
    }

    private static SmtpEndpoint Endpoint(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<DepotOptions>>().Value;
        var events = provider.GetRequiredService<DepotEvents>();
        var spool = provider.GetRequiredService<MailSpool>();
        var clock = provider.GetRequiredService<TimeProvider>();
        var recipients = options.RecipientMap();
        return new SmtpEndpoint(
            new SmtpPolicy(recipients)
            {
                Clock = clock,
                RequireTls = options.Smtp.RequireTls,
                ClientCertificate = options.Smtp.ClientCertificate,
                Networks = [.. options.Smtp.Networks.Select(IPNetwork.Parse)],
            },
            new SmtpLimits
            {
                HostName = options.Smtp.Hostname,
                MailBytes = options.Smtp.MaxBytes,
                Connections = options.Smtp.MaxConnections,
                ConnectionsPerAddress = options.Smtp.MaxConnectionsPerAddress,
                MemoryBytes = options.Smtp.MemoryBytes,
                LargeMailMemory = StorageLimits.BlockBytes,
                DrainGrace = provider.GetRequiredService<Shutdown>().Grace,
            },
            async (source, mail, cancel) =>
            {
                var ticket = await AcceptAsync(spool, events, source, mail, cancel);
                TellRetired(events, recipients, source, ticket, clock.GetUtcNow());
                return ticket;
            },
            clock,
            provider.GetRequiredService<ILogger<SmtpEndpoint>>())
        {
            OneThread = EventLoop.IsRunning,
            Proxies = [.. options.Smtp.ProxiesFrom.Select(IPNetwork.Parse)],
            Tls = provider.GetService<SmtpCertificate>() is { } certificate ? new SmtpTls(certificate.Current) : null,
            RecordSession = (ticket, sentence) => events.Write(EventKind.Session, ticket, sentence),
        };
    }

    /// <summary>Who still sends to a retired address will be refused one day: until then each mail says so.</summary>
    private static void TellRetired(DepotEvents events, RecipientMap recipients, SmtpSource source, Guid ticket, DateTimeOffset now)
    {
        foreach (var alarm in source.To.Select(recipients.Find).Distinct().Select(rule => rule?.RetirementAlarm(now)).OfType<string>())
        {
            events.Write(EventKind.Warned, ticket, alarm);
        }
    }

    /// <summary>
    /// A mail that storage does not take is told here, whatever the reason: also a token that can't be had is one. The session
    /// answers 451, and the client sends it again. What the client itself caused, the session tells.
    /// </summary>
    private static async Task<Guid> AcceptAsync(MailSpool spool, DepotEvents events, SmtpSource source, Stream mail, CancellationToken cancel)
    {
        try
        {
            return (await spool.AcceptAsync(source, mail, cancel)).Id;
        }
        catch (Exception failure) when (failure is not (PeerDisconnectedException or PeerTimeoutException or MailTooLargeException or MemoryBudgetExceededException) && !cancel.IsCancellationRequested)
        {
            var full = Failure.IsFull(failure);
            events.Write(EventKind.Failed, Guid.Empty, $"A mail {source.ShortDescription} was answered {(full ? "452, storage is full" : "451")}: {Failure.Describe(failure)}. The client sends it again.");
            if (full)
            {
                throw new StorageFullException(failure);
            }

            throw;
        }
    }
}
