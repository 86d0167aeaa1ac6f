using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot.Tests.Infra;

/// <summary>
/// The template creates every queue, table and blob container that the code knows, in the account where the code looks, and no
/// other.
/// </summary>
[Collection<OneTemplate>]
public sealed class StorageTests(TemplateFixture template)
{
    private const string Containers = "Microsoft.Storage/storageAccounts/blobServices/containers";

    /// <summary>Where the Functions app's package goes. The code does not know it.</summary>
    private const string AppPackage = "work blob app-package";

    private static readonly string[] Archives = ["default", "legal", "short-lived"];

    [Fact]
    public async Task What_the_code_uses_is_what_the_template_creates()
    {
        await using var services = Services();
        var storage = services.GetRequiredService<DepotStorage>();
        var used = typeof(DepotStorage).GetProperties().Select(property => property.GetValue(storage) switch
        {
            QueueClient queue => $"{queue.AccountName} queue {queue.Name}",
            BlobContainerClient container => $"{container.AccountName} blob {container.Name}",
            TableClient table => $"{table.AccountName} table {table.Name}",
            _ => "",
        }).Where(name => name.Length > 0);
        var archives = Archives.Select(name => $"{storage.Archive(name).AccountName} blob {storage.Archive(name).Name}");

        // The Functions host moves what failed to a queue with this suffix. A poison queue's own failures have none.
        var poison = services.GetRequiredService<Pipeline>().Queues
            .Select(work => work.Queue).Where(queue => !queue.Name.EndsWith("-poison", StringComparison.Ordinal))
            .Select(queue => $"{queue.AccountName} queue {queue.Name}-poison");

        Assert.Equal(used.Concat(archives).Concat(poison).Append(AppPackage).ToHashSet().Order(), Made().Order());
    }

    [Fact]
    public void The_package_is_where_the_Functions_app_looks_for_it()
    {
        var storage = template.Full.The("Microsoft.Web/sites").Properties["functionAppConfig"]!["deployment"]!["storage"]!;
        Assert.Equal("<work.packageUrl>", Deployment.Text(storage["value"]!));
        var made = (string)template.Compiled["resources"]!["work"]!["properties"]!["template"]!["outputs"]!["packageUrl"]!["value"]!;
        Assert.Contains("primaryEndpoints.blob, 'app-package'", made, StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_account_allows_keys_or_anonymous_access()
    {
        foreach (var account in new[] { template.Full.Account("work"), template.Full.Account("archive") })
        {
            var properties = account.Properties;
            Assert.False((bool)properties["allowSharedKeyAccess"]!);
            Assert.False((bool)properties["allowBlobPublicAccess"]!);
            Assert.True((bool)properties["supportsHttpsTrafficOnly"]!);
            Assert.Equal("TLS1_2", (string)properties["minimumTlsVersion"]!);
        }

        Assert.All(template.Full.Those(Containers), container => Assert.Equal("None", (string)container.Properties["publicAccess"]!));
    }

    [Fact]
    public void Tickets_are_kept_as_safely_as_the_archive()
    {
        foreach (var (deployment, redundancy) in new[] { (template.First, "Standard_ZRS"), (template.Full, "Standard_GZRS") })
        {
            Assert.All(
                deployment.Those("Microsoft.Storage/storageAccounts"),
                account => Assert.Equal(redundancy, (string)account.Json["sku"]!["name"]!));
        }
    }

    [Fact]
    public void Every_archive_container_has_its_retention_and_its_ledger_may_grow()
    {
        var policies = template.Full.Those(Containers + "/immutabilityPolicies")
            .ToDictionary(policy => policy.FullName.Split('/')[2], policy => policy.Properties);

        // A locked policy can't be deployed again, so legal has none here.
        Assert.Equal(["archive-default", "archive-short-lived"], policies.Keys.Order());
        Assert.Equal(3650, (int)policies["archive-default"]["immutabilityPeriodSinceCreationInDays"]!);
        Assert.Equal(30, (int)policies["archive-short-lived"]["immutabilityPeriodSinceCreationInDays"]!);
        Assert.All(policies.Values, policy => Assert.True((bool)policy["allowProtectedAppendWrites"]!));
    }

    [Fact]
    public void Documents_go_to_cold_once_and_nothing_else_moves_or_is_deleted()
    {
        var lifecycle = template.Full.The("Microsoft.Storage/storageAccounts/managementPolicies").Properties["policy"]!;
        var rules = lifecycle["rules"]!.AsArray();
        Assert.Equal(3, rules.Count);
        Assert.All(rules, rule =>
        {
            var (filters, actions) = (rule!["definition"]!["filters"]!, rule["definition"]!["actions"]!.AsObject());
            Assert.Equal("""["blockBlob"]""", filters["blobTypes"]!.ToJsonString());
            Assert.Matches(@"^\[""archive-[a-z-]+/documents/""\]$", filters["prefixMatch"]!.ToJsonString());
            Assert.Equal("""{"baseBlob":{"tierToCold":{"daysAfterCreationGreaterThan":30}}}""", actions.ToJsonString());
        });
    }

    [Fact]
    public void What_is_deleted_in_the_archive_account_can_be_restored_and_the_account_is_locked()
    {
        var services = template.Full.Those("Microsoft.Storage/storageAccounts/blobServices")
            .ToDictionary(service => service.Account, service => service.Properties);
        Assert.Equal("""{"enabled":true,"days":14}""", services["archive"]["deleteRetentionPolicy"]!.ToJsonString());
        Assert.Equal("""{"enabled":true,"days":14}""", services["archive"]["containerDeleteRetentionPolicy"]!.ToJsonString());
        Assert.Equal("""{"enabled":false}""", services["work"]["deleteRetentionPolicy"]!.ToJsonString());
        var protection = template.Full.The("Microsoft.Authorization/locks");
        Assert.Equal(("archive", "CanNotDelete"), (protection.Scope, (string)protection.Properties["level"]!));
    }

    private IEnumerable<string> Made() => template.Full.Resources.Select(resource => resource.Type switch
    {
        Containers => $"{resource.Account} blob {resource.Name}",
        "Microsoft.Storage/storageAccounts/queueServices/queues" => $"{resource.Account} queue {resource.Name}",
        "Microsoft.Storage/storageAccounts/tableServices/tables" => $"{resource.Account} table {resource.Name}",
        _ => "",
    }).Where(name => name.Length > 0);

    /// <summary>The library, configured for two accounts that do not exist. Nothing is called.</summary>
    private static ServiceProvider Services()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MailDepot:WorkStorage"] = Account("work"),
            ["MailDepot:ArchiveStorage"] = Account("archive"),
        }).Build();
        return new ServiceCollection().AddLogging().AddReaders(configuration).AddConnectors().AddArchiver().BuildServiceProvider();

        static string Account(string name) =>
            $"DefaultEndpointsProtocol=https;AccountName={name};AccountKey={Convert.ToBase64String(new byte[64])};"
            + "EndpointSuffix=storage.example.net";
    }
}
