using MailDepot.Connectors.Pop3.Accounts;
using static MailDepot.Tests.Connectors.Pop3.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3;

/// <summary>A name that the settings lead to another account.</summary>
public sealed class OtherAccountTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Host", "localhost")]
    [InlineData("User", "ben")]
    [InlineData("Port", "")]
    public async Task Settings_that_lead_a_name_to_another_account_never_take_its_mail_for_collected(string key, string value)
    {
        await using var server = new ScriptedServer { Mails = { ("1", A.Mail().MessageId("one@example.com").Bytes()) }, Instead = { ["QUIT"] = "-ERR not deleted" } };
        await using var other = new ScriptedServer();
        var account = await azurite.NextAccountAsync();
        var settings = server.Settings();
        await using (var depot = await TestDepot.CreateAsync(account, more: settings))
        {
            Assert.Equal(1, (await CollectAsync(depot)).Collected);
            Assert.Equal(0, (await CollectAsync(depot)).Collected); // known, and only to be deleted
        }

        // Another mail of the same size under the same UIDL: taken for the first one, it would be deleted unseen.
        var there = key == "Port" ? other : server;
        there.Mails.Clear();
        there.Mails.Add(("1", A.Mail().MessageId("two@example.com").Bytes()));
        server.Instead.Clear();
        settings[$"MailDepot:Mailboxes:0:{key}"] = key == "Port" ? $"{other.Port}" : value;
        await using var changed = await TestDepot.CreateAsync(account, more: settings);
        Assert.Equal(1, (await CollectAsync(changed)).Collected);
        Assert.Empty(there.Mails);
        Assert.Equal(2, (await changed.TicketsAsync()).Count);
    }

    [Fact]
    public async Task A_setting_that_takes_the_name_of_an_added_mailbox_does_not_take_its_mail_for_collected()
    {
        await using var added = new ScriptedServer { Mails = { ("1", A.Mail().MessageId("one@example.com").Bytes()) }, Instead = { ["QUIT"] = "-ERR not deleted" } };
        await using var configured = new ScriptedServer { Mails = { ("1", A.Mail().MessageId("two@example.com").Bytes()) } };
        var account = await azurite.NextAccountAsync();
        await using (var depot = await TestDepot.CreateAsync(account, passwords: new MemoryPasswords()))
        {
            var mailbox = added.Access().Mailbox;
            mailbox.PasswordSetting = "";
            await depot.Get<MailboxAccounts>().AddAsync(mailbox, DovecotMailbox.Password, Token);
            Assert.Equal(1, (await CollectAsync(depot)).Collected);
        }

        await using var changed = await TestDepot.CreateAsync(account, more: configured.Settings());
        Assert.Equal(1, (await CollectAsync(changed)).Collected);
        Assert.Equal(2, (await changed.TicketsAsync()).Count);
    }
}
