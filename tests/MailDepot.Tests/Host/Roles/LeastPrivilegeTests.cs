using MailDepot.Archive;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Documents;
using MailDepot.Host.Roles;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot.Tests.Host.Roles;

/// <summary>The port is open to strangers, so the process behind it contains what receives mail and nothing else.</summary>
public sealed class LeastPrivilegeTests
{
    public static TheoryData<Type> ArchiveWriters =>
    [
        typeof(Archiver), typeof(DocumentStore), typeof(ReceiptLedger), typeof(IndexWriter), typeof(IndexRepair), typeof(Rereading),
        typeof(Deletions), typeof(Deliveries), typeof(QuarantineDeletion), typeof(QuarantinedTickets), typeof(Housekeeping),
        typeof(Pipeline),
    ];

    public static TheoryData<Type> MailboxServices =>
        [typeof(Pop3Collector), typeof(MailboxAccounts), typeof(MailboxPasswords), typeof(IPasswordStore)];

    [Theory]
    [MemberData(nameof(ArchiveWriters))]
    [MemberData(nameof(MailboxServices))]
    public async Task The_role_smtp_can_not_resolve_what_the_worker_has(Type service)
    {
        await using var smtp = Compose(RoleHost.AddReceiver);
        await using var worker = Compose(RoleHost.AddWorker);
        Assert.Null(smtp.GetService(service));
        Assert.NotNull(worker.GetService(service));
    }

    [Fact]
    public async Task The_role_smtp_has_the_spool()
    {
        await using var smtp = Compose(RoleHost.AddReceiver);
        Assert.NotNull(smtp.GetService<MailSpool>());
    }

    private static ServiceProvider Compose(Action<IServiceCollection, IConfiguration> role)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("MailDepot:WorkStorage", "UseDevelopmentStorage=true")]).Build();
        var services = new ServiceCollection().AddLogging();
        role(services, configuration);
        return services.BuildServiceProvider();
    }
}
