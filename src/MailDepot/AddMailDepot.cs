using MailDepot.Archive;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Documents;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Notices;
using MailDepot.Spool;
using MailDepot.Storage;
using MailDepot.Views;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace MailDepot;

/// <summary>The one composition root of the library.</summary>
public static class MailDepotServices
{
    /// <summary>Adds everything the archive is made of, with settings from section <see cref="DepotOptions.Section"/>, checked at start.</summary>
    /// <remarks>Singletons all: writes are shared by everyone in the process (group commit). Needs a logger.</remarks>
    public static IServiceCollection AddMailDepot(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DepotOptions>()
            .Configure(options => options.Bind(configuration))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<DepotOptions>, DepotOptionsCheck>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new StorageOptions(Settings(provider).WorkStorage, Settings(provider).ArchiveStorage));
        services.AddSingleton(provider => new EventOptions(Settings(provider).EventDays));
        services.AddSingleton(provider => Settings(provider).Telemetry);

        services.AddSingleton<RequestCounter>();
        services.AddSingleton<DepotStorage>();
        services.AddSingleton<DepotEvents>();
        services.AddSingleton<EventLog>();
        services.AddSingleton<EventReader>();
        services.AddSingleton<OldEvents>();

        services.AddSingleton<MailSpool>();
        services.AddSingleton<Quarantine>();
        services.AddSingleton<QuarantinedTickets>();
        services.AddSingleton<QueueMetrics>();
        services.AddSingleton<PoisonRescue>();
        services.AddSingleton<SpoolSweep>();

        services.AddPop3(configuration);
        services.AddViews();

        services.AddSingleton(provider => new AdminMail(provider.GetRequiredService<NoticeOptions>(), configuration, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => Settings(provider).Notices);
        services.AddSingleton<MailboxNotices>();

        services.AddSingleton<ReceiptLedger>();
        services.AddSingleton<DirtyHours>();
        services.AddSingleton<IndexWriter>();
        services.AddSingleton<IndexReader>();
        services.AddSingleton<Counts>();
        services.AddSingleton<IndexRepair>();

        services.AddSingleton(provider => ConfiguredDestinations(provider.GetRequiredService<IOptions<DepotOptions>>().Value));
        services.AddSingleton<ArchiveContainers>();
        services.AddSingleton<DocumentStore>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<Archiver>();
        services.AddSingleton<ArchiveReader>();
        services.AddSingleton<Rereading>();
        services.AddSingleton<Deletions>();
        services.AddSingleton<Successors>();
        services.AddSingleton<QuarantineDeletion>();
        services.AddSingleton<ContainerCreation>();

        services.AddSingleton<Housekeeping>();
        services.AddSingleton<Pipeline>();
        return services;
    }

    /// <summary>What people read.</summary>
    private static void AddViews(this IServiceCollection services)
    {
        services.AddSingleton<ContainersView>();
        services.AddSingleton<QueuesView>();
        services.AddSingleton<MailboxesView>();
        services.AddSingleton<QuarantineView>();
        services.AddSingleton<MailView>();
        services.AddSingleton<StatusView>();
    }

    private static ConfiguredDestination ConfiguredDestinations(DepotOptions options)
    {
        var recipients = options.RecipientMap();
        return source => source switch
        {
            SmtpSource smtp => Connectors.Receiving.EarlierTickets.DestinationOf(smtp, recipients),
            Pop3Source pop3 => EarlierTickets.DestinationOf(pop3, options.Mailboxes),
            _ => throw new NotSupportedException($"No archive container is defined for a {source.GetType().Name}."),
        };
    }

    /// <summary>The mailboxes that are collected, and the passwords that open them.</summary>
    private static void AddPop3(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IPasswordStore>(provider => Settings(provider).PasswordStore is { } place && VaultPasswords.IsAddress(place)
            ? new VaultPasswords(new Uri(place))
            : new NoPasswordStore()); // a host with a folder of its own has another
        services.AddSingleton(provider => new MailboxPasswords(configuration, provider.GetRequiredService<IPasswordStore>()));
        services.AddSingleton(provider => new Pop3Options([.. Settings(provider).Mailboxes]));
        services.AddSingleton<MailboxDirectory>();
        services.AddSingleton<MailboxAccounts>();
        services.AddSingleton<Pop3Tokens>();
        services.AddSingleton<MailboxStates>();
        services.AddSingleton<CollectedUidls>();
        services.AddSingleton<Pop3Schedule>();
        services.AddSingleton<HealthPing>();
        services.AddSingleton<Pop3Collector>();
    }

    private static DepotOptions Settings(IServiceProvider provider) => provider.GetRequiredService<IOptions<DepotOptions>>().Value;
}
