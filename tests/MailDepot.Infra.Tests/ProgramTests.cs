using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MailDepot.Base;
using MailDepot.Connectors.Receiving;
using MailDepot.Host;
using MailDepot.Host.Roles;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MailDepot.Tests.Infra;

/// <summary>The programs that the template starts exist, and read every setting it gives them.</summary>
[Collection<OneTemplate>]
public sealed partial class ProgramTests(TemplateFixture template, AzuriteFixture azurite)
{
    /// <summary>Settings outside our section, and what reads them.</summary>
    private static readonly Dictionary<string, string> ReadByOthers = new(StringComparer.Ordinal)
    {
        [TelemetryExport.ApplicationInsights] = "our telemetry, and the Functions host",
        ["AZURE_CLIENT_ID"] = "Azure.Identity",
        ["AzureWebJobsStorage__blobServiceUri"] = "Functions host",
        ["AzureWebJobsStorage__queueServiceUri"] = "Functions host",
        ["AzureWebJobsStorage__tableServiceUri"] = "Functions host",
        ["AzureWebJobsStorage__credential"] = "Functions host",
        ["AzureWebJobsStorage__clientId"] = "Functions host",
        ["AzureFunctionsJobHost__extensions__queues__batchSize"] = "Functions host, over host.json",
        ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] = "Functions host",
        ["WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED"] = "Functions platform",
    };

    private static string Functions => Clone.Path("src/MailDepot.Functions");

    [Theory]
    [InlineData("archiver")]
    [InlineData("smtp")]
    public void The_code_knows_every_setting_and_accepts_its_value(string who)
    {
        var given = who == "smtp" ? template.Full.SmtpSettings() : template.Full.ArchiverSettings();
        var settings = given.ToDictionary(
            setting => setting.Key.Replace("__", ":", StringComparison.Ordinal),
            setting => WithAddresses(setting.Value),
            StringComparer.Ordinal);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        using var services = new ServiceCollection().AddLogging()
            .AddReaders(configuration).AddConnectors().AddArchiver()
            .BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<DepotOptions>>().Value; // throws if one is unknown or invalid
        Assert.Equal(["default", "legal"], options.Recipients.Select(recipient => recipient.Container));
        Assert.Equal(["", "2027-01-01"], options.Recipients.Select(recipient => recipient.Retired));
        Assert.Equal(who == "smtp" ? 0 : 2, options.Mailboxes.Count);
        Assert.Empty(RecipientOptionsCheck.OpenPortErrors(options.Recipients, options.Smtp));

        static string? WithAddresses(string value) =>
            BlobEndpoint().Replace(value, "https://${account}.blob.storage.example.net/")
                .Replace("<keyVault.uri>", "https://depot.vault.azure.net/", StringComparison.Ordinal);
    }

    [Fact]
    public void No_setting_is_given_that_nobody_reads()
    {
        var known = SettingTests.Names(new DepotOptions(), DepotOptions.Section + "__").ToHashSet();
        var given = template.Full.ArchiverSettings().Keys.Concat(template.Full.SmtpSettings().Keys).Distinct()
            .Where(name => !ReadByOthers.ContainsKey(name) && !name.StartsWith("Passwords__", StringComparison.Ordinal));
        Assert.Equal([], given.Where(name => !known.Contains(Number().Replace(name, "__0"))));
    }

    [Fact]
    public void The_Functions_host_waits_before_it_retries_and_decodes_nothing()
    {
        var host = JsonNode.Parse(File.ReadAllText(Path.Combine(Functions, "host.json")))!;
        var queues = host["extensions"]!["queues"]!;
        Assert.Equal("00:00:30", (string)queues["visibilityTimeout"]!); // otherwise an outage poisons everything within seconds
        Assert.Equal("none", (string)queues["messageEncoding"]!); // else it poisons what is not base64 before a function sees it
    }

    [Theory]
    [InlineData("smtp")]
    [InlineData("worker")]
    public void The_image_has_the_role(string role) =>
        Assert.Contains(role, MailDepotCommand.Root().Subcommands.Select(command => command.Name));

    [Fact]
    public async Task The_running_role_answers_each_probe_of_the_template()
    {
        var token = TestContext.Current.CancellationToken;
        var builder = RoleHost.Begin(
            RoleHost.AddReceiver, out _, $"--MailDepot:WorkStorage={await azurite.NextAccountAsync()}", "--MailDepot:HealthPort=0");
        await using var app = RoleHost.Build(builder);
        await app.Services.GetRequiredService<DepotStorage>().CreateAsync(["default"], token);
        await app.StartAsync(token);

        var paths = template.Full.SmtpContainer()["probes"]!.AsArray().Select(probe => (string)probe!["httpGet"]!["path"]!).ToHashSet();
        Assert.Equal(2, paths.Count);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{new Uri(app.Urls.Single()).Port}") };
        foreach (var path in paths)
        {
            Assert.Equal((path, HttpStatusCode.OK), (path, (await http.GetAsync(path, token)).StatusCode));
        }
    }

    [GeneratedRegex("^<(?<account>work|archive).blobEndpoint>$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex BlobEndpoint();

    [GeneratedRegex(@"__\d+(?=__|$)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Number();
}
