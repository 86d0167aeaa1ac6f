using Azure;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Smtp;
using MailDepot.Spool;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Smtp;

/// <summary>The SMTP endpoint over the spool.</summary>
internal static class SmtpEndpointServices
{
    /// <summary>Adds the endpoint that <see cref="SmtpConnectionHandler"/> serves, with limits and recipients from the settings.</summary>
    public static IServiceCollection AddSmtpEndpoint(this IServiceCollection services) => services.AddSingleton(provider =>
    {
        var options = provider.GetRequiredService<IOptions<DepotOptions>>().Value;
        var events = provider.GetRequiredService<DepotEvents>();
        var spool = provider.GetRequiredService<MailSpool>();
        return new SmtpEndpoint(
            new SmtpPolicy(options.RecipientMap()),
            new SmtpLimits { HostName = options.Smtp.Hostname, MailBytes = options.Smtp.MaxBytes, DrainGrace = provider.GetRequiredService<Shutdown>().Grace },
            (source, mail, cancel) => AcceptAsync(spool, events, source, mail, cancel),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SmtpEndpoint>>());
    });

    /// <summary>A mail that storage does not take is told here; the session answers 451, and the client sends it again.</summary>
    private static async Task<Guid> AcceptAsync(MailSpool spool, DepotEvents events, SmtpSource source, Stream mail, CancellationToken cancel)
    {
        try
        {
            return (await spool.AcceptAsync(source, mail, cancel)).Id;
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException)
        {
            events.Write(EventKind.Failed, Guid.Empty, $"A mail {source.Words} was answered 451: {Failure.Words(failure)}. The client sends it again.");
            throw;
        }
    }
}
