using System.Net;
using MailDepot.Connectors.Receiving;
using MailDepot.Events;
using MailDepot.Host.Serving;
using MailDepot.Smtp;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Smtp;

/// <summary>The SMTP endpoint over the spool.</summary>
internal static class SmtpEndpointServices
{
    /// <summary>
    /// Adds the endpoint that <see cref="SmtpConnectionHandler"/> serves, with limits, recipients and policy from the
    /// settings.
    /// </summary>
    /// <param name="services">The library, at least <see cref="ConnectorServices.AddReceiving"/>, and <see cref="Shutdown"/>.</param>
    /// <param name="certificate">Source of the certificate for STARTTLS, which is read here; null: STARTTLS is not offered.</param>
    /// <exception cref="CertificateException">The certificate can't be read: no port should open.</exception>
    public static async Task AddSmtpEndpointAsync(this IServiceCollection services, ICertificateSource? certificate, CancellationToken ct)
    {
        if (certificate is not null)
        {
            var first = await certificate.ReadAsync(ct)
                ?? throw new InvalidOperationException("A source gives its first certificate once.");
            services.AddSingleton(provider => new SmtpCertificate(
                certificate, first, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SmtpCertificate>>()));
        }

        services.AddSingleton(Endpoint);
    }

    private static SmtpEndpoint Endpoint(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<DepotOptions>>().Value;
        var events = provider.GetRequiredService<DepotEvents>();
        var clock = provider.GetRequiredService<TimeProvider>();
        var recipients = options.RecipientMap();
        return new SmtpEndpoint(
            new SmtpPolicy
            {
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
            new RecipientPolicy(recipients, clock).Decide,
            new MailReception(recipients, provider.GetRequiredService<MailSpool>(), events, clock).AcceptAsync,
            clock,
            provider.GetRequiredService<ILogger<SmtpEndpoint>>())
        {
            OneThread = EventLoop.IsRunning,
            Proxies = [.. options.Smtp.ProxiesFrom.Select(IPNetwork.Parse)],
            Tls = provider.GetService<SmtpCertificate>() is { } certificate ? new SmtpTls(certificate.Current) : null,
            RecordSession = (ticket, sentence) => events.Write(EventKind.Session, ticket, sentence),
        };
    }
}
