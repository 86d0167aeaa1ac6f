using System.Text.Json;
using MailDepot.Connectors.Receiving;
using MailDepot.Host.Local;

namespace MailDepot.Tests.Host.Commands;

/// <summary>Where verbs read their settings, and what overrides what.</summary>
[Collection<Alone>]
public sealed class VerbSettingsTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_verb_works_on_the_storage_that_appsettings_names()
    {
        await WriteSettingsAsync(new { WorkStorage = await DepotWithAsync("legal") });
        var run = await CommandRun.OfAsync(folder.Path, "container", "list", "--json");
        Assert.True(run.Code == 0, run.Errors);
        Assert.True(JsonDocument.Parse(run.Text).RootElement.TryGetProperty("legal", out _), run.Text);
    }

    [Fact]
    public async Task What_up_leaves_overrides_appsettings_and_the_environment_overrides_both()
    {
        await WriteSettingsAsync(new { WorkStorage = await DepotWithAsync("from-file") });
        await UpRunsAsync(await DepotWithAsync("from-up"), ownStorage: true);
        Assert.Equal("from-up", await OnlyContainerAsync());
        Assert.Equal("from-environment", await OnlyContainerAsync(("MailDepot__WorkStorage", await DepotWithAsync("from-environment"))));
    }

    [Fact]
    public async Task Where_up_took_its_storage_from_appsettings_verbs_do_too()
    {
        var storage = await DepotWithAsync("from-file");
        await WriteSettingsAsync(new { WorkStorage = storage });
        await UpRunsAsync(storage, ownStorage: false);
        Assert.Equal("from-file", await OnlyContainerAsync());
    }

    [Fact]
    public async Task A_new_address_is_made_for_the_host_and_the_recipients_that_appsettings_names()
    {
        await WriteSettingsAsync(new
        {
            Smtp = new { Hostname = "mx.example.org" },
            Recipients = new[] { new RecipientOptions { Pattern = "journal@example.org" } },
        });
        var run = await CommandRun.OfAsync(folder.Path, "smtp", "address", "new");
        Assert.Matches("^MailDepot__Recipients__1__Pattern=journal-[0-9a-f]{32}@mx[.]example[.]org\n", run.Text);
    }

    [Fact]
    public async Task The_folder_that_the_command_line_names_overrides_the_environment()
    {
        await UpRunsAsync(await DepotWithAsync("from-up"), ownStorage: true);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["MailDepot__WorkStorage"] = await DepotWithAsync("from-environment"),
            ["MailDepot__ArchiveStorage"] = await DepotWithAsync("from-environment"),
        };
        var named = await CommandRun.OfAsync(folder.Path, variables, "container", "list", "--json", "--data", LocalFolder.Name);
        Assert.True(named.Code == 0, named.Errors);
        Assert.True(JsonDocument.Parse(named.Text).RootElement.TryGetProperty("from-up", out _), named.Text);

        var none = await CommandRun.OfAsync(folder.Path, variables, "container", "list", "--data", "empty");
        var sentence = $"maildepot: No depot runs on {folder.In("empty")}: start one with `maildepot up --data empty`, "
            + "or name the folder of one that runs.\n";
        Assert.Equal(new CommandRun(1, "", sentence), none);
    }

    [Fact]
    public async Task Where_up_took_its_storage_from_the_environment_naming_its_folder_finds_it()
    {
        var storage = await DepotWithAsync("from-environment");
        await UpRunsAsync(storage, ownStorage: false);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["MailDepot__WorkStorage"] = storage };
        var run = await CommandRun.OfAsync(folder.Path, variables, "container", "list", "--json", "--data", LocalFolder.Name);
        Assert.True(run.Code == 0, run.Errors);
        Assert.True(JsonDocument.Parse(run.Text).RootElement.TryGetProperty("from-environment", out _), run.Text);
    }

    /// <summary>A depot on an account of its own, with one archive container.</summary>
    private async Task<string> DepotWithAsync(string container)
    {
        var account = await azurite.NextAccountAsync();
        await using var depot = await TestDepot.CreateAsync(account);
        await depot.Storage.CreateAsync([container], Token);
        return account;
    }

    private async Task UpRunsAsync(string storage, bool ownStorage)
    {
        Directory.CreateDirectory(folder.Local.Path);
        await DepotFile.WriteAsync(folder.Local, new DepotOptions { WorkStorage = storage }, ownStorage, Token);
    }

    private async Task WriteSettingsAsync(object settings) => await File.WriteAllTextAsync(
        folder.In("appsettings.json"), JsonSerializer.Serialize(new { MailDepot = settings }), Token);

    /// <summary>The archive container beside <c>default</c> in the depot that <c>maildepot container list</c> finds.</summary>
    private async Task<string> OnlyContainerAsync(params (string Name, string Value)[] variables)
    {
        var run = await CommandRun.OfAsync(
            folder.Path, variables.ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal), "container", "list", "--json");
        Assert.True(run.Code == 0, run.Errors);
        return Assert.Single(
            JsonDocument.Parse(run.Text).RootElement.EnumerateObject().Select(one => one.Name), name => name != TestDepot.Container);
    }
}
