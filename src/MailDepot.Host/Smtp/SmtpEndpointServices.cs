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
        var spool = provider.GetRequiredService<MailSpool>();
        return new SmtpEndpoint(
            new SmtpPolicy(options.RecipientMap()),
            new SmtpLimits { HostName = options.Smtp.Hostname, MailBytes = options.Smtp.MaxBytes, DrainGrace = Shutdown.Grace },
            async (source, mail, cancel) => (await spool.AcceptAsync(source, mail, cancel)).Id,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SmtpEndpoint>>());
    });
}
