using System.Text.Json;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Accounts;
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
