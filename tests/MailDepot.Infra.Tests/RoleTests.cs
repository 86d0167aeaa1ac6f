using System.Collections.Immutable;
using System.Text.RegularExpressions;
using MailDepot.Archive;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Host.Roles;
using MailDepot.Spool;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Infra;

/// <summary>Every identity has the roles that its calls need, where they need them, and no other.</summary>
[Collection<OneTemplate>]
public sealed partial class RoleTests(TemplateFixture template, AzuriteFixture azurite)
{
    private const string BlobOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    private const string BlobContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    private const string BlobReader = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
    private const string QueueContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88";
    private const string QueueSender = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a";
    private const string TableContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
    private const string SecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
    private const string SecretsOfficer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    private const string Reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    private const string MetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
    private const string AcrPull = "7f951dda-4ed3-460f-a7ca-43fe172d538d";

    private const string Administrator = "00000000-0000-0000-0000-00000000aaaa";

    /// <summary>Which call needs which role. What the platform does for an app is in brackets.</summary>
    private static readonly Need[] Needs =
    [
        new("smtp", "queue add work/archive", QueueSender, "work/archive"), // the ticket
        new("smtp", "blob read work/spool", BlobContributor, "work/spool"), // whether storage answers
        new("smtp", "blob write work/spool", BlobContributor, "work/spool"), // a ticket too big for a message
        new("smtp", "table write archive/Events", TableContributor, "archive/Events"), // what people read in the log
        new("smtp", "[pulls the image]", AcrPull, "registries"),
        new("smtp", "[publishes telemetry]", MetricsPublisher, "components"),

        new("archiver", "[locks, keys, the package]", BlobOwner, "work"), // the Functions host's documented need
        new("archiver", "[triggers, poison]", QueueContributor, "work"), // Reader and Message Processor fail at updates: azure-docs#120932
        new("archiver", "[diagnostic events]", TableContributor, "work"),
        new("archiver", "[resolves references]", SecretsUser, "vaults"),
        new("archiver", "[publishes telemetry]", MetricsPublisher, "components"),

        new("archiver", "queue read work/archive", QueueContributor, "work"), // housekeeping measures depth and age
        new("archiver", "queue read work/archive-poison", QueueContributor, "work"),
        new("archiver", "queue read work/pop3-poll", QueueContributor, "work"),
        new("archiver", "queue process work/archive", QueueContributor, "work"),
        new("archiver", "queue add work/archive", QueueContributor, "work"), // rescue, sweep, collected mail
        new("archiver", "queue add work/pop3-poll", QueueContributor, "work"),
        new("archiver", "blob read work/spool", BlobOwner, "work"),
        new("archiver", "blob write work/spool", BlobOwner, "work"),
        new("archiver", "blob delete work/spool", BlobOwner, "work"),
        new("archiver", "blob write work/leases", BlobOwner, "work"),
        new("archiver", "blob list archive", BlobReader, "archive"), // housekeeping looks for the archive containers
        new("archiver", "blob read archive/archive-default", BlobContributor, "archive/archive-default"),
        new("archiver", "blob write archive/archive-default", BlobContributor, "archive/archive-default"),
        new("archiver", "blob read archive/quarantine", BlobContributor, "archive/quarantine"), // housekeeping counts it
        new("archiver", "blob write archive/quarantine", BlobContributor, "archive/quarantine"),
        new("archiver", "table write archive/Receipts", TableContributor, "archive/Receipts"),
        new("archiver", "table read archive/Receipts", TableContributor, "archive/Receipts"),
        new("archiver", "table write archive/Participants", TableContributor, "archive/Participants"),
        new("archiver", "table write archive/Deliveries", TableContributor, "archive/Deliveries"),
        new("archiver", "table read archive/Deliveries", TableContributor, "archive/Deliveries"), // was a document's first ticket deleted?
        new("archiver", "table read archive/Containers", TableContributor, "archive/Containers"),
        new("archiver", "table write archive/Containers", TableContributor, "archive/Containers"),
        new("archiver", "table read archive/Mailboxes", TableContributor, "archive/Mailboxes"),
        new("archiver", "table write archive/Mailboxes", TableContributor, "archive/Mailboxes"),
        new("archiver", "table read archive/Uidls", TableContributor, "archive/Uidls"),
        new("archiver", "table write archive/Uidls", TableContributor, "archive/Uidls"),
        new("archiver", "table read archive/Events", TableContributor, "archive/Events"),
        new("archiver", "table write archive/Events", TableContributor, "archive/Events"),
    ];

    /// <summary>What the verbs of <c>maildepot pop3</c> need, for those whom the parameter <c>mailboxAdministrators</c> names.</summary>
    private static readonly Need[] AdministratorNeeds =
    [
        new(Administrator, "[keeps passwords]", SecretsOfficer, "vaults"),
        new(Administrator, "blob list archive", Reader, "archive"), // whether the archive container exists
        new(Administrator, "blob write work/leases", BlobContributor, "work/leases"), // no visit while a mailbox is removed
        new(Administrator, "queue add work/pop3-poll", QueueSender, "work/pop3-poll"),
        new(Administrator, "table read archive/Mailboxes", TableContributor, "archive/Mailboxes"),
        new(Administrator, "table write archive/Mailboxes", TableContributor, "archive/Mailboxes"),
        new(Administrator, "table read archive/Uidls", TableContributor, "archive/Uidls"),
        new(Administrator, "table write archive/Uidls", TableContributor, "archive/Uidls"),
        new(Administrator, "table write archive/Events", TableContributor, "archive/Events"), // what was changed
    ];

    /// <summary>What <c>maildepot quarantine delete</c> needs. The template gives it to nobody; the guide names the roles.</summary>
    private static readonly Need[] DeleterNeeds =
    [
        new("person", "blob list archive", BlobContributor, "archive"), // whose documents may name the ticket
        new("person", "blob read archive/quarantine", BlobContributor, "archive"),
        new("person", "blob delete archive/quarantine", BlobContributor, "archive"),
        new("person", "blob read archive/archive-default", BlobContributor, "archive"),
        new("person", "blob write archive/archive-default", BlobContributor, "archive"), // the line in the ledger
        new("person", "table read archive/Deliveries", TableContributor, "archive"),
        new("person", "table write archive/Deliveries", TableContributor, "archive"),
        new("person", "table write archive/Events", TableContributor, "archive"),
    ];

    /// <summary>Which of the calls above a storage role allows.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        [BlobOwner] = ["blob read", "blob write", "blob delete"],
        [BlobContributor] = ["blob read", "blob write", "blob delete", "blob list"], // it lists where it is given for the account
        [BlobReader] = ["blob read", "blob list"],
        [Reader] = ["blob list"], // no data, only which containers there are
        [QueueContributor] = ["queue add", "queue read", "queue process"],
        [QueueSender] = ["queue add"],
        [TableContributor] = ["table read", "table write"],
    };

    /// <summary>How the portal calls the roles that the guide gives to a person.</summary>
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        [BlobContributor] = "Storage Blob Data Contributor",
        [TableContributor] = "Storage Table Data Contributor",
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_template_gives_the_roles_of_the_table_and_no_other() => Assert.Equal(
        Needs.Select(need => $"{need.Who}: {need.Role} on {need.On}").ToHashSet().Order(),
        RolesIn(template.First).Select(given => $"{given.Who}: {given.Role} on {given.Scope}").Order());

    [Fact]
    public void Each_archive_container_can_be_written_to_and_none_can_be_created() => Assert.Equal(
        ["archive/archive-default", "archive/archive-legal", "archive/archive-short-lived", "archive/quarantine"],
        RolesIn(template.Full).Where(given => given is { Who: "archiver", Role: BlobContributor }).Select(given => given.Scope).Order());

    [Fact]
    public void Whoever_administers_mailboxes_has_the_roles_of_those_rows_and_no_other()
    {
        var people = RolesIn(template.Full).Where(given => given.Who.StartsWith("00000000", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            AdministratorNeeds.Select(need => $"{need.Role} on {need.On}").ToHashSet().Order(),
            people.Where(given => given.Who == Administrator).Select(given => $"{given.Role} on {given.Scope}").Order());
        // The second person has as many.
        Assert.Equal(2, people.GroupBy(given => given.Who).Count(roles => roles.Count() == people.Count / 2));
    }

    [Fact]
    public async Task Managing_mailboxes_makes_the_calls_of_those_rows_and_no_other()
    {
        var recorder = new CallRecorder();
        await using var depot = await DepotAsync(recorder, new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var (log, accounts) = (depot.Get<EventLog>(), depot.Get<MailboxAccounts>());
        var shop = new MailboxOptions { Name = "shop", Host = "pop.example.com", User = "shop", PasswordSetting = "Passwords:shop" };
        await accounts.AddAsync(shop, null, Token);
        await depot.Get<CollectedUidls>().PutAsync("shop", [], [new RefusedMail("1", 1, 1)], Token);
        await accounts.EditAsync("shop", mailbox => mailbox.Host = "pop.example.net", null, Token);
        await accounts.EnableAsync("shop", enabled: false, Token);
        await accounts.EnableAsync("shop", enabled: true, Token);
        await accounts.PollAsync("shop", Token);
        await depot.Get<MailboxDirectory>().ListAsync(Token);
        await accounts.RemoveAsync("shop", Token);
        await log.FlushAsync(Token);
        Assert.Equal(
            AdministratorNeeds.Where(need => need.Call[0] != '[').Select(need => need.Call).Order(),
            recorder.Calls.Order());
    }

    [Fact]
    public async Task Deleting_from_quarantine_makes_the_calls_of_those_rows_and_no_other()
    {
        var recorder = new CallRecorder();
        await using var depot = await DepotAsync(recorder, new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var held = await depot.HoldAsync(Tickets.For([1], 1), [1]);
        recorder.Clear();
        await depot.Get<QuarantinedTickets>().FindAsync(held.Id, Token);
        Assert.Null(await depot.Get<QuarantineDeletion>().DeleteAsync(held, "why", Token));
        Assert.Equal(DeleterNeeds.Select(need => need.Call).Order(), recorder.Calls.Order());
    }

    [Fact]
    public void The_guide_names_the_roles_for_deleting_from_quarantine()
    {
        var guide = string.Join(
            ' ', File.ReadAllText(Clone.Path("infra/README.md")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var begin = guide.IndexOf("`maildepot quarantine delete`", StringComparison.Ordinal);
        var sentence = guide[begin..guide.IndexOf(" on the archive account", begin, StringComparison.Ordinal)];
        Assert.Equal(
            DeleterNeeds.Select(need => Names[need.Role]).ToHashSet().Order(),
            RoleName().Matches(sentence).Select(match => match.Groups["name"].Value).Order());
    }

    [Fact]
    public void The_SMTP_endpoint_may_read_its_certificate_and_no_password()
    {
        var secrets = RolesIn(template.Full).Where(given => given.Role == SecretsUser).ToList();
        Assert.Equal(["archiver on vaults", "smtp on secrets"], secrets.Select(given => $"{given.Who} on {given.Scope}").Order());
        Assert.Contains("/secrets/smtp/providers/", secrets.Single(given => given.Who == "smtp").Id, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_role_allows_its_call_there()
    {
        var calls = Needs.Concat(AdministratorNeeds).Concat(DeleterNeeds).Where(need => need.Call[0] != '[');
        Assert.All(calls, need =>
        {
            var (act, where) = (need.Call[..need.Call.LastIndexOf(' ')], need.Call[(need.Call.LastIndexOf(' ') + 1)..]);
            Assert.True(where == need.On || where.StartsWith(need.On + "/", StringComparison.Ordinal), $"{where} is not in {need.On}.");
            Assert.Contains(act, Allowed[need.Role]);
        });
    }

    [Fact]
    public async Task The_SMTP_endpoint_makes_the_calls_of_its_rows_and_no_other()
    {
        var recorder = new CallRecorder();
        await using var depot = await DepotAsync(recorder, new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var log = depot.Get<EventLog>();
        await depot.ReceiveAsync(A.Mail().Bytes());
        await depot.ReceiveAsync(Large());
        await new StorageAnswers(depot.Storage).CheckHealthAsync(new HealthCheckContext(), Token);
        await log.FlushAsync(Token);
        Assert.Equal(CallsOf("smtp"), recorder.Calls.Order());
    }

    [Fact]
    public async Task The_Functions_app_makes_the_calls_of_its_rows_and_no_other()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var recorder = new CallRecorder();
        await using var depot = await DepotAsync(recorder, clock);
        var log = depot.Get<EventLog>();
        var mail = A.Mail().Bytes();
        await depot.ReceiveAsync(mail);
        await depot.ReceiveAsync(mail, "else@example.com");
        await depot.ReceiveAsync(Large());
        await depot.ArchiveAllAsync();
        await depot.Get<PoisonRescue>().RescueAsync("garbage"u8.ToArray(), Token);
        await depot.Get<Pop3Schedule>().RunAsync(Token);
        await depot.Get<CollectedUidls>().PutAsync("office", [], [new RefusedMail("1", 1, 1)], Token);
        await depot.Get<CollectedUidls>().KeepAsync("office", await depot.Get<CollectedUidls>().ReadAsync("office", Token), [], Token);
        await log.FlushAsync(Token);
        clock.Advance(TimeSpan.FromDays(40));
        await depot.Get<Housekeeping>().RunAsync(Token);
        Assert.Equal(CallsOf("archiver"), recorder.Calls.Order());
    }

    private static ImmutableArray<DeployedResource> RolesIn(Deployment deployment) =>
        deployment.Those("Microsoft.Authorization/roleAssignments");

    private static IEnumerable<string> CallsOf(string who) =>
        Needs.Where(need => need.Who == who && need.Call[0] != '[').Select(need => need.Call).Order();

    private static byte[] Large()
    {
        var mail = new byte[2_000_000];
        new Random(1).NextBytes(mail);
        return mail;
    }

    private async Task<TestDepot> DepotAsync(CallRecorder recorder, TimeProvider clock)
    {
        var work = await azurite.NextAccountAsync();
        recorder.Work = work.Split(';').Single(part => part.StartsWith("AccountName=", StringComparison.Ordinal))["AccountName=".Length..];
        var depot = await TestDepot.CreateAsync(work, clock, recorder, more: new Dictionary<string, string?>
        {
            ["MailDepot:ArchiveStorage"] = await azurite.NextAccountAsync(),
            ["MailDepot:Mailboxes:0:Name"] = "office",
            ["MailDepot:Mailboxes:0:Host"] = "pop.example.com",
            ["MailDepot:Mailboxes:0:User"] = "archive@example.com",
            ["MailDepot:Mailboxes:0:PasswordSetting"] = "Passwords:office",
        });
        recorder.Clear();
        return depot;
    }

    [GeneratedRegex(@"\*(?<name>Storage [A-Za-z ]+)\*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex RoleName();

    /// <param name="Who">The identity.</param>
    /// <param name="Call">What its program does, and to what.</param>
    /// <param name="Role">The role that allows the call.</param>
    /// <param name="On">Where the role is given.</param>
    private sealed record Need(string Who, string Call, string Role, string On);
}
