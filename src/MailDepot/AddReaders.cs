using MailDepot.Archive;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Documents;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using MailDepot.Storage;
using MailDepot.Views;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace MailDepot;

/// <summary>Composes what people read.</summary>
/// <remarks>Singletons all: whatever writes is shared by everyone in the process (group commit). Needs a logger.</remarks>
public static class ReaderServices
{
    /// <summary>Adds the readers and views, with settings from section <see cref="DepotOptions.Section"/>, checked at start.</summary>
    public static IServiceCollection AddReaders(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddDepot(configuration);
        services.AddSingleton<EventReader>();
        services.AddSingleton<ReceiptLedger>();
        services.AddSingleton<DocumentStore>();
        services.AddSingleton<DirtyHours>();
        services.AddSingleton<IndexReader>();
        services.AddSingleton<Counts>();
        services.AddSingleton<ArchiveReader>();
        services.AddSingleton<Quarantine>();
        services.AddSingleton<QuarantinedTickets>();
        services.AddSingleton<Deletions>();
        services.AddSingleton<Successors>();
        services.AddSingleton<Deliveries>();
        services.AddMailboxes();
        services.AddViews();
        return services;
    }

    /// <summary>Adds what every role has: the settings, the clients of the storage accounts, the live log.</summary>
    internal static IServiceCollection AddDepot(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DepotOptions>()
            .Configure(options => options.Bind(configuration))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<DepotOptions>, DepotOptionsCheck>();
        services.TryAddSingleton(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Settings(provider).StorageOptions());
        services.AddSingleton(provider => Settings(provider).EventOptions());
        services.AddSingleton(provider => Settings(provider).Telemetry);

        services.AddSingleton<RequestCounter>();
        services.AddSingleton<DepotStorage>();
        services.AddSingleton<DepotEvents>();
        services.AddSingleton<EventLog>();
        return services;
    }

    /// <summary>The settings, checked.</summary>
    internal static DepotOptions Settings(IServiceProvider provider) => provider.GetRequiredService<IOptions<DepotOptions>>().Value;

    /// <summary>Adds the mailboxes that are collected, and the passwords that open them.</summary>
    private static void AddMailboxes(this IServiceCollection services)
    {
        services.AddSingleton(provider => PasswordPlace.Open(
            Settings(provider).PasswordStore, provider.GetRequiredService<DepotStorage>().IsLocal, provider.GetService<PasswordFolders>()));
        services.AddSingleton<MailboxPasswords>();
        services.AddSingleton(provider => new Pop3Options([.. Settings(provider).Mailboxes]));
        services.AddSingleton<MailboxDirectory>();
        services.AddSingleton<MailboxStates>();
        services.AddSingleton<CollectedUidls>();
        services.AddSingleton<MailboxAccounts>();
    }

    private static void AddViews(this IServiceCollection services)
    {
        services.AddSingleton<ContainersView>();
        services.AddSingleton<QueuesView>();
        services.AddSingleton<MailboxesView>();
        services.AddSingleton<QuarantineView>();
        services.AddSingleton<MailView>();
        services.AddSingleton<StatusView>();
    }
}
