using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
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
        return services;
    }
}
