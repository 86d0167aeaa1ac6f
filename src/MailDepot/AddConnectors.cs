using MailDepot.Archive;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Connectors.Receiving;
using MailDepot.Mail;
using MailDepot.Notices;
using MailDepot.Spool;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot;

/// <summary>Composes the ways in. What they accept goes into the spool; none of them sees the archive.</summary>
public static class ConnectorServices
{
    /// <summary>
    /// Adds what the role <c>smtp</c> needs and nothing else: it can neither read nor write the archive, nor open a mailbox.
    /// </summary>
    public static IServiceCollection AddReceiving(this IServiceCollection services, IConfiguration configuration) =>
        services.AddDepot(configuration).AddSingleton<MailSpool>();

    /// <summary>Adds all connectors, and the administrator's mails about mailboxes that fail.</summary>
    /// <param name="services">With readers: <see cref="ReaderServices.AddReaders"/>.</param>
    public static IServiceCollection AddConnectors(this IServiceCollection services)
    {
        services.AddSingleton<MailSpool>();
        services.AddSingleton<Pop3Tokens>();
        services.AddSingleton<Pop3Schedule>();
        services.AddSingleton<HealthPing>();
        services.AddSingleton<Pop3Collector>();
        services.AddSingleton(provider => ReaderServices.Settings(provider).Notices);
        services.AddSingleton<AdminMail>();
        services.AddSingleton<MailboxNotices>();
        services.AddSingleton(provider => Destinations(ReaderServices.Settings(provider)));
        return services;
    }

    /// <summary>Where mail goes, by the connector that it came in by.</summary>
    private static FindDestination Destinations(DepotOptions options)
    {
        var recipients = options.RecipientMap();
        return source => source.Destination ?? source switch
        {
            SmtpSource smtp => SmtpDestinations.Find(smtp, recipients),
            Pop3Source pop3 => MailboxDestinations.Find(pop3, options.Mailboxes),
            _ => throw new NotSupportedException($"No archive container is defined for a {source.GetType().Name}."),
        };
    }
}
