using Azure.Data.Tables;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Host.Terminal;
using MailDepot.Views;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Accounts;

/// <summary>Added mailboxes that can't be collected as they are set up: people see why, and the others are collected.</summary>
public sealed class ObstacleTests(AzuriteFixture azurite)
{
    private const string Own = "shop";

    private const string Unreadable =
        "This version of MailDepot can't read the settings of mailbox shop (security), so it is not collected. "
        + "Update MailDepot to the version that wrote them; or remove the mailbox with `maildepot pop3 remove shop`, and add it again.";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_an_added_and_a_configured_mailbox_with_the_same_account_the_configured_one_is_collected()
    {
        await using var server = new ScriptedServer();
        await using var depot = await DepotAsync(server);
        var configured = (await depot.Get<MailboxAccounts>().FindAsync(DovecotMailbox.Name, Token)).Options;
        await WriteAsync(depot, MailboxDefinition.Write( // it was added before the settings
            new MailboxOptions { Name = Own, Host = configured.Host.ToUpperInvariant(), Port = 110, User = configured.User }));
        await IsHinderedAsync(
            depot,
            $"Mailbox office of the configuration already collects {configured.User} on {configured.Host.ToUpperInvariant()}, "
            + "so shop is not collected. Remove this one with `maildepot pop3 remove shop`, or that entry of MailDepot:Mailboxes.");
        await depot.Get<MailboxAccounts>().RemoveAsync(Own, Token);
        Assert.Null(await depot.Get<MailboxDirectory>().FindAsync(Own, Token));
    }

    [Fact]
    public async Task A_mailbox_with_settings_of_a_later_version_does_not_stop_others_from_being_collected()
    {
        await using var server = new ScriptedServer();
        await using var depot = await DepotAsync(server);
        await WriteAsync(depot, """{"name":"shop","host":"pop.example.com","security":"quantum","user":"shop"}""");
        await IsHinderedAsync(depot, Unreadable);
        var accounts = depot.Get<MailboxAccounts>();
        Assert.Equal(
            Unreadable, (await Assert.ThrowsAsync<AccountException>(() => accounts.EditAsync(Own, _ => { }, null, Token))).Message);
        await accounts.AddAsync(new MailboxOptions { Name = "third", Host = "pop.example.com", User = "third" }, "secret", Token);
        Assert.Equal([DovecotMailbox.Name, "third"], (await depot.Get<Pop3Schedule>().DueAsync(Token)).Select(mailbox => mailbox.Name));
        await accounts.RemoveAsync(Own, Token);
        Assert.Null(await depot.Get<MailboxDirectory>().FindAsync(Own, Token));
    }

    [Fact]
    public async Task A_mailbox_that_cannot_be_collected_can_be_disabled_and_stays_so()
    {
        await using var server = new ScriptedServer();
        await using var depot = await DepotAsync(server);
        await WriteAsync(depot, """{"security":"quantum"}""");
        Assert.True(await depot.Get<MailboxAccounts>().EnableAsync(Own, enabled: false, Token));
        await WriteAsync(depot, """{"name":"shop","host":"pop.example.com","user":"shop"}"""); // this version can read it again
        var mailbox = (await depot.Get<MailboxDirectory>().FindAsync(Own, Token))!;
        Assert.Equal(
            (null, false, MailboxCondition.Disabled),
            (mailbox.Obstacle, mailbox.Enabled, mailbox.Condition(TimeProvider.System.GetUtcNow())));
    }

    /// <summary>The mailbox is listed and shown with its obstacle and the way out, and is not collected; the configured one is.</summary>
    private static async Task IsHinderedAsync(TestDepot depot, string expected)
    {
        var now = TimeProvider.System.GetUtcNow();
        var listed = await depot.Get<MailboxDirectory>().ListAsync(Token);
        Assert.Equal([DovecotMailbox.Name, Own], listed.Select(mailbox => mailbox.Name));
        var mailbox = (await depot.Get<MailboxDirectory>().FindAsync(Own, Token))!;
        Assert.All(
            [mailbox, listed[1]],
            one => Assert.Equal(
                (false, MailboxCondition.Unusable, expected), (one.Enabled, one.Condition(now), one.Obstacle?.Description)));
        Assert.Equal(expected, ListedMailbox.Of(mailbox, now).Obstacle?.Description);
        Assert.Contains(
            mailbox.Obstacle!.Sentence, ProgressTests.Text(MailboxTables.List([.. listed.Select(one => ListedMailbox.Of(one, now))], now)),
            StringComparison.Ordinal);
        var shown = ProgressTests.Text(MailboxTables.Show(ShownMailbox.Of(mailbox, "a test", now), now));
        Assert.Contains(mailbox.Obstacle.Sentence, shown, StringComparison.Ordinal);
        Assert.Contains(mailbox.Obstacle.WayOut, shown, StringComparison.Ordinal);

        Assert.Equal(DovecotMailbox.Name, Assert.Single(await depot.Get<Pop3Schedule>().DueAsync(Token)).Name);
        Assert.Null(await depot.Get<Pop3Collector>().CollectAsync(Own, now: true, Token));
        Assert.False((await CollectAsync(depot)).Failed);
        var accounts = depot.Get<MailboxAccounts>();
        Assert.Equal(expected, (await Assert.ThrowsAsync<AccountException>(() => accounts.PollAsync(Own, Token))).Message);
        Assert.Equal(expected, (await Assert.ThrowsAsync<AccountException>(() => accounts.EnableAsync(Own, enabled: true, Token))).Message);
    }

    private static async Task WriteAsync(TestDepot depot, string definition) => await depot.Storage.Mailboxes.UpsertEntityAsync(
        new TableEntity(MailboxStates.Partition, Own) { ["Name"] = Own, [MailboxDirectory.Definition] = definition },
        TableUpdateMode.Merge, Token);

    private async Task<TestDepot> DepotAsync(ScriptedServer server) =>
        await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings(), passwords: new MemoryPasswords());
}
