using MailDepot.Connectors.Pop3.Accounts;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Accounts;

/// <summary>A mailbox name that the settings give another account.</summary>
public sealed class OtherAccountTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Host", "localhost")]
    [InlineData("User", "ben")]
    [InlineData("Port", "")]
    public async Task When_settings_give_a_name_another_account_its_mail_is_never_taken_for_collected(string key, string value)
    {
        await using var server = new ScriptedServer
        {
            Mails = { ("1", A.Mail().MessageId("one@example.com").Bytes()) },
            Instead = { ["QUIT"] = "-ERR not deleted" },
        };
        await using var other = new ScriptedServer();
        var account = await azurite.NextAccountAsync();
        var settings = server.Settings();
        await using (var depot = await TestDepot.CreateAsync(account, more: settings))
        {
            Assert.Equal(1, (await CollectAsync(depot)).Collected);
            Assert.Equal(0, (await CollectAsync(depot)).Collected); // known, and only needs to be deleted
        }

        // Another mail of the same size under the same UIDL: if it were taken for the first one, it would be deleted without being
        // collected.
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
    public async Task When_a_configured_mailbox_takes_the_name_of_an_added_one_its_mail_is_not_taken_for_collected()
    {
        await using var added = new ScriptedServer
        {
            Mails = { ("1", A.Mail().MessageId("one@example.com").Bytes()) },
            Instead = { ["QUIT"] = "-ERR not deleted" },
        };
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
