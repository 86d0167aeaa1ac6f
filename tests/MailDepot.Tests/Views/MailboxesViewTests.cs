using System.Text.Json;
using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Host.Terminal;
using MailDepot.Tests.Connectors.Pop3.Accounts;
using MailDepot.Views;

namespace MailDepot.Tests.Views;

public sealed class MailboxesViewTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mailbox_is_shown_with_the_host_of_its_health_check_and_no_secret()
    {
        await using var depot = await DepotAsync();
        var shown = await depot.Get<MailboxesView>().ShowAsync("office", Token);
        Assert.Equal(("https://ping.example.com/…", "setting Passwords:office"), (shown.Settings.HealthUrl, shown.PasswordIn));
        var text = JsonSerializer.Serialize(shown, DepotJson.Options);
        Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
        Assert.Contains("\"maxMailsPerRun\":10000,\"maxBytesPerRun\":4294967296", text, StringComparison.Ordinal); // as the settings
        var mailbox = await depot.Get<MailboxDirectory>().FindAsync("office", Token);
        Assert.Equal("https://ping.example.com/hush", mailbox?.Options.HealthUrl); // the view has its own
    }

    [Fact]
    public async Task Lists_show_a_mailbox_that_nobody_has_visited()
    {
        await using var depot = await DepotAsync();
        var listed = Assert.Single(await depot.Get<MailboxesView>().ListAsync(Token));
        Assert.Equal(("office", "pop.example.com:995", 0), (listed.Name, listed.Server, listed.Waiting));
        Assert.Equal(MailboxCondition.NeverPolled, listed.Condition);
        var queued = Assert.Single(await depot.Get<QueuesView>().MailboxesAsync(Token));
        Assert.Equal(("office", 0, null), (queued.Name, queued.Waiting, queued.AsOf));
    }

    [Fact]
    public async Task Words_of_the_settings_are_spelt_as_there_wherever_people_read_them()
    {
        await using var depot = await DepotAsync();
        var shop = new MailboxOptions
        {
            Name = "shop",
            Host = "pop.example.com",
            User = "shop",
            Security = MailboxSecurity.StartTls,
            Authentication = MailboxAuthentication.XOAuth2,
            PasswordSetting = "Passwords:shop",
        };
        await depot.Get<MailboxAccounts>().AddAsync(shop, password: null, Token);
        Assert.Contains(", starttls, into default", Assert.Single(depot.Events).Text, StringComparison.Ordinal);
        Assert.Equal("starttls", (await depot.Get<MailboxesView>().ListAsync(Token))[1].Security);
        var shown = await depot.Get<MailboxesView>().ShowAsync("shop", Token);
        var settings = JsonSerializer.SerializeToElement(shown, DepotJson.Options).GetProperty("settings");
        Assert.Equal(
            ("starttls", "xoauth2"), (settings.GetProperty("security").GetString(), settings.GetProperty("authentication").GetString()));
        var table = ProgressTests.Text(MailboxTables.Show(shown, TimeProvider.System.GetUtcNow()));
        Assert.Contains("pop.example.com:995, starttls", table, StringComparison.Ordinal);
        Assert.Contains("logs in by xoauth2", table, StringComparison.Ordinal);
    }

    /// <summary>Configuration takes an enum's name in any case, and the guide writes it in lower case.</summary>
    [Fact]
    public void Every_word_of_a_mailbox_s_settings_is_one_that_the_settings_accept()
    {
        Assert.All(Enum.GetValues<MailboxSecurity>(), value => Assert.Equal($"{value}".ToLowerInvariant(), DepotJson.Word(value)));
        Assert.All(Enum.GetValues<MailboxAuthentication>(), value => Assert.Equal($"{value}".ToLowerInvariant(), DepotJson.Word(value)));
        Assert.All(Enum.GetValues<TlsVersion>(), value => Assert.Equal($"{value}".ToLowerInvariant(), DepotJson.Word(value)));
    }

    private async Task<TestDepot> DepotAsync()
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot:Mailboxes:0:Name"] = "office",
            ["MailDepot:Mailboxes:0:Host"] = "pop.example.com",
            ["MailDepot:Mailboxes:0:User"] = "office",
            ["MailDepot:Mailboxes:0:PasswordSetting"] = "Passwords:office",
            ["MailDepot:Mailboxes:0:HealthUrl"] = "https://ping.example.com/hush",
            ["Passwords:office"] = "hush",
        };
        return await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
    }
}
