using System.CommandLine;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Host.Commands;
using MailDepot.Storage;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Accounts;

/// <summary>Managing mailboxes while the depot runs.</summary>
public sealed class AccountTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const string Own = "shop";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_added_mailbox_is_due_collected_and_archived_like_a_configured_one()
    {
        var box = dovecot.NextMailbox();
        box.Put(SomeMails(2));
        var store = new MemoryPasswords();
        await using var depot = await DepotAsync(store);
        await AddAsync(depot, box);
        Assert.Equal(Own, Assert.Single(await depot.Get<Pop3Schedule>().DueAsync(Token)).Name);
        Assert.Equal(2, (await depot.Get<Pop3Collector>().CollectAsync(Own, now: false, Token))!.Collected);
        await depot.ArchiveAllAsync();
        Assert.Equal(2, (await depot.LedgerAsync()).Count);
        var mailbox = (await depot.Get<MailboxDirectory>().FindAsync(Own, Token))!;
        Assert.Equal(
            (false, true, MailboxCondition.Ok, 2),
            (mailbox.Configured, mailbox.Enabled, mailbox.Condition(TimeProvider.System.GetUtcNow()), mailbox.State.Collected));
        Assert.StartsWith(
            "Mailbox shop was added: ", Assert.Single(depot.Events, e => e.Kind is EventKind.Changed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_or_account_of_another_mailbox_is_refused_with_a_sentence()
    {
        var (first, second) = (dovecot.NextMailbox(), dovecot.NextMailbox());
        await using var depot = await DepotAsync(new MemoryPasswords(), first.Settings());
        await AddAsync(depot, second);
        Assert.Equal(
            "Mailbox office already exists in the configuration: give this one another name.",
            await RefusalAsync(Options(dovecot.NextMailbox(), "OFFICE")));
        Assert.Equal(
            "Mailbox shop already exists: give this one another name.", await RefusalAsync(Options(dovecot.NextMailbox(), "Shop")));
        Assert.StartsWith(
            $"Mailbox office already collects {first.User} on localhost", await RefusalAsync(Options(first, "again")),
            StringComparison.Ordinal);
        Assert.StartsWith(
            $"Mailbox shop already collects {second.User} on localhost", await RefusalAsync(Options(second, "again")),
            StringComparison.Ordinal);
        Assert.Equal(["office", "shop"], (await depot.Get<MailboxDirectory>().ListAsync(Token)).Select(mailbox => mailbox.Name));

        async Task<string> RefusalAsync(MailboxOptions mailbox) =>
            (await Assert.ThrowsAsync<AccountException>(() => depot.Get<MailboxAccounts>().AddAsync(mailbox, "secret", Token))).Message;
    }

    [Theory]
    [InlineData("Host", "Host is 'not a host': give the POP3 server's name")]
    [InlineData("Port", "Port is 70000: a port is")]
    [InlineData("Interval", "Interval is 00:00:01: give 00:00:10")]
    [InlineData("Container", "There is no archive container elsewhere: create it first with `maildepot container create elsewhere`.")]
    public async Task What_the_configuration_check_refuses_is_refused_here_too(string what, string expected)
    {
        await using var depot = await DepotAsync(new MemoryPasswords());
        var mailbox = Options(dovecot.NextMailbox(), Own);
        _ = what switch
        {
            "Host" => mailbox.Host = "not a host",
            "Container" => mailbox.Container = "elsewhere",
            "Port" => $"{mailbox.Port = 70_000}",
            _ => $"{mailbox.Interval = TimeSpan.FromSeconds(1)}",
        };
        var refusal = await Assert.ThrowsAsync<AccountException>(() => depot.Get<MailboxAccounts>().AddAsync(mailbox, "secret", Token));
        Assert.StartsWith(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(await depot.Get<MailboxDirectory>().ListAsync(Token));
    }

    [Fact]
    public async Task An_added_mailbox_has_the_setting_DeleteAfter_too()
    {
        var box = dovecot.NextMailbox();
        box.Put(SomeMails(2));
        await using var depot = await DepotAsync(new MemoryPasswords());
        await AddAsync(depot, box);
        var accounts = depot.Get<MailboxAccounts>();
        await accounts.EditAsync(Own, mailbox => mailbox.DeleteAfter = 30, null, Token);
        Assert.Equal(2, (await depot.Get<Pop3Collector>().CollectAsync(Own, now: false, Token))!.Progress.Undeleted);
        Assert.Equal(2, box.Mails.Length);
        var refusal = await Assert.ThrowsAsync<AccountException>(() => accounts.EditAsync(
            Own, mailbox => mailbox.LeaveOnServer = true, null, Token));
        Assert.StartsWith("DeleteAfter is 30, and LeaveOnServer is true", refusal.Message, StringComparison.Ordinal);
        await accounts.EditAsync(Own, mailbox => mailbox.DeleteAfter = 0, null, Token);
        await depot.Get<Pop3Collector>().CollectAsync(Own, now: false, Token);
        Assert.Empty(box.Mails);
    }

    [Fact]
    public async Task A_mailbox_whose_password_cannot_be_stored_is_not_added()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var refusal = await Assert.ThrowsAsync<PasswordStoreException>(() => AddAsync(depot, dovecot.NextMailbox()));
        Assert.StartsWith("No password store is configured", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(await depot.Get<MailboxDirectory>().ListAsync(Token));
        Assert.Empty(depot.Events);
    }

    [Fact]
    public async Task A_disabled_mailbox_of_either_kind_is_neither_due_nor_collected_until_it_is_enabled()
    {
        var (first, second) = (dovecot.NextMailbox(), dovecot.NextMailbox());
        first.Put(SomeMails(1));
        second.Put(SomeMails(1));
        await using var depot = await DepotAsync(new MemoryPasswords(), first.Settings());
        await AddAsync(depot, second);
        var accounts = depot.Get<MailboxAccounts>();
        foreach (var name in new[] { "office", Own })
        {
            Assert.True(await accounts.EnableAsync(name, enabled: false, Token));
            Assert.False(await accounts.EnableAsync(name, enabled: false, Token));
            Assert.Null(await depot.Get<Pop3Collector>().CollectAsync(name, now: false, Token));
            Assert.Contains(
                "is disabled: enable it first", (await Assert.ThrowsAsync<AccountException>(() => accounts.PollAsync(name, Token))).Message,
                StringComparison.Ordinal);
            Assert.Equal(
                MailboxCondition.Disabled,
                (await depot.Get<MailboxDirectory>().FindAsync(name, Token))!.Condition(TimeProvider.System.GetUtcNow()));
        }

        Assert.Empty(await depot.Get<Pop3Schedule>().DueAsync(Token));
        Assert.True(await accounts.EnableAsync("office", enabled: true, Token));
        Assert.Equal("office", Assert.Single(await depot.Get<Pop3Schedule>().DueAsync(Token)).Name);
        Assert.Equal(1, (await depot.Get<Pop3Collector>().CollectAsync("office", now: false, Token))!.Collected);
    }

    [Fact]
    public async Task A_configured_mailbox_can_be_neither_edited_nor_removed()
    {
        await using var depot = await DepotAsync(new MemoryPasswords(), dovecot.NextMailbox().Settings());
        var accounts = depot.Get<MailboxAccounts>();
        var edit = await Assert.ThrowsAsync<AccountException>(() => accounts.EditAsync("office", mailbox => mailbox.Port = 1, null, Token));
        var remove = await Assert.ThrowsAsync<AccountException>(() => accounts.RemoveAsync("office", Token));
        Assert.Equal("Mailbox office is an entry of MailDepot:Mailboxes in the configuration: change it there.", edit.Message);
        Assert.StartsWith(
            "Mailbox office is an entry of MailDepot:Mailboxes in the configuration: remove it there;", remove.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spooled_mail_of_a_removed_mailbox_is_archived_in_that_mailbox_s_container()
    {
        var box = dovecot.NextMailbox();
        box.Put(A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(A.Mail()).Bytes());
        var store = new MemoryPasswords();
        await using var depot = await DepotAsync(store);
        await depot.Storage.CreateArchiveAsync("legal", Token);
        var mailbox = Options(box, Own);
        (mailbox.Container, mailbox.Journal) = ("legal", true);
        await depot.Get<MailboxAccounts>().AddAsync(mailbox, DovecotMailbox.Password, Token);
        await depot.Get<Pop3Collector>().CollectAsync(Own, now: false, Token);
        await depot.Get<MailboxAccounts>().RemoveAsync(Own, Token);
        Assert.Empty(store.Passwords);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Mailboxes));
        await depot.ArchiveAllAsync();
        var receipt = Assert.Single(await depot.Get<MailDepot.Ledger.ReceiptLedger>().ReadAllAsync("legal", Token).ToListAsync(Token));
        Assert.NotNull(receipt.Journal); // split, as in a configured journal mailbox
    }

    [Fact]
    public async Task Mail_of_a_new_account_under_an_old_name_is_never_taken_for_collected()
    {
        await using var server = new ScriptedServer
        {
            Mails = { ("1", A.Mail().MessageId("one@example.com").Bytes()) },
            Instead = { ["QUIT"] = "-ERR not deleted" },
        };
        var box = dovecot.NextMailbox();
        await using var depot = await DepotAsync(new MemoryPasswords());
        await AddAsync(depot, box);
        var accounts = depot.Get<MailboxAccounts>();
        await accounts.EditAsync(Own, mailbox => (mailbox.Host, mailbox.Port) = ("127.0.0.1", server.Port), null, Token);
        await depot.Get<Pop3Collector>().CollectAsync(Own, now: false, Token);
        Assert.Equal(1, (await depot.Get<CollectedUidls>().ReadAsync(Own, Token)).DurableCount);

        // Another mail of the same size under the same UIDL, on another server: if it were taken for the first one, it would be deleted
        // without being collected.
        await accounts.EditAsync(Own, mailbox => mailbox.User = "someone-else", null, Token);
        await depot.Get<Pop3Collector>().CollectAsync(Own, now: false, Token);
        Assert.Equal(2, (await depot.TicketsAsync()).Count);
        await accounts.RemoveAsync(Own, Token);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));
    }

    [Fact]
    public async Task A_mailbox_is_neither_removed_nor_moved_to_another_account_during_a_visit()
    {
        await using var depot = await DepotAsync(new MemoryPasswords());
        await AddAsync(depot, dovecot.NextMailbox());
        await using (await Lease.TryTakeAsync(depot.Storage.Leases, MailboxStates.LeaseName(Own), TimeProvider.System, Token))
        {
            var accounts = depot.Get<MailboxAccounts>();
            Assert.Contains(
                "is being collected right now",
                (await Assert.ThrowsAsync<AccountException>(() => accounts.RemoveAsync(Own, Token))).Message, StringComparison.Ordinal);
            Assert.Contains(
                "is being collected right now",
                (await Assert.ThrowsAsync<AccountException>(() => accounts.EditAsync(
                    Own, mailbox => mailbox.Host = "other.example.com", null, Token))).Message,
                StringComparison.Ordinal);
            // the same account: no need to wait
            await accounts.EditAsync(Own, mailbox => mailbox.Interval = TimeSpan.FromHours(1), null, Token);
        }

        await depot.Get<MailboxAccounts>().RemoveAsync(Own, Token);
    }

    [Fact]
    public async Task A_password_can_move_from_the_store_to_a_setting_and_back()
    {
        var box = dovecot.NextMailbox();
        var store = new MemoryPasswords();
        await using var depot = await DepotAsync(store, new Dictionary<string, string?> { ["Passwords:shop"] = DovecotMailbox.Password });
        await AddAsync(depot, box);
        var accounts = depot.Get<MailboxAccounts>();
        await accounts.EditAsync(Own, mailbox => mailbox.PasswordSetting = "Passwords:shop", null, Token);
        Assert.Empty(store.Passwords);
        Assert.False((await depot.Get<Pop3Collector>().CollectAsync(Own, now: false, Token))!.Failed);
        var missing = await Assert.ThrowsAsync<AccountException>(() => accounts.EditAsync(
            Own, mailbox => mailbox.PasswordSetting = "", null, Token));
        Assert.StartsWith("The mailbox needs a password", missing.Message, StringComparison.Ordinal);
        await accounts.EditAsync(Own, _ => { }, DovecotMailbox.Password, Token);
        Assert.Equal(DovecotMailbox.Password, store.Passwords[Own]);
        Assert.False((await depot.Get<Pop3Collector>().CollectAsync(Own, now: false, Token))!.Failed);
    }

    [Fact]
    public async Task Of_two_concurrent_edits_one_is_refused_and_writes_of_a_visit_do_not_matter()
    {
        var store = new MemoryPasswords();
        await using var depot = await DepotAsync(store);
        await AddAsync(depot, dovecot.NextMailbox());
        var accounts = depot.Get<MailboxAccounts>();
        store.Putting = () => depot.Get<MailboxStates>().AskedAsync(Own, Tickets.Noon, Token); // between reading and writing the row
        await accounts.EditAsync(Own, mailbox => mailbox.Interval = TimeSpan.FromMinutes(7), "another", Token);
        store.Putting = () => accounts.EditAsync(Own, mailbox => mailbox.CommitEvery = 7, null, Token);
        var refusal = await Assert.ThrowsAsync<AccountException>(() => accounts.EditAsync(
            Own, mailbox => mailbox.Interval = TimeSpan.FromMinutes(8), "a third", Token));
        Assert.StartsWith("Mailbox shop was just changed by somebody else", refusal.Message, StringComparison.Ordinal);
        var mailbox = (await accounts.FindAsync(Own, Token)).Options;
        Assert.Equal((TimeSpan.FromMinutes(7), 7), (mailbox.Interval, mailbox.CommitEvery));
    }

    [Fact]
    public async Task An_interrupted_edit_leaves_no_mailbox_without_its_password()
    {
        var store = new MemoryPasswords();
        var fault = new FaultAt
        {
            On = uri => uri.AbsolutePath.Contains("/mailboxes(p", StringComparison.OrdinalIgnoreCase),
            AndAllLater = true,
            Answer = () => new Azure.RequestFailedException(400, "Refused."),
        };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, passwords: store);
        await AddAsync(depot, dovecot.NextMailbox());
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => depot.Get<MailboxAccounts>().EditAsync(
            Own,
            mailbox =>
            {
                mailbox.PasswordSetting = "Passwords:shop";
                fault.Reset(1, afterIt: false); // from here on no row is written
            },
            null, Token));
        Assert.Equal(DovecotMailbox.Password, store.Passwords[Own]);
    }

    [Fact]
    public async Task A_mailbox_is_not_added_while_an_earlier_one_of_its_name_is_visited()
    {
        await using var depot = await DepotAsync(new MemoryPasswords());
        await using (await Lease.TryTakeAsync(depot.Storage.Leases, MailboxStates.LeaseName(Own), TimeProvider.System, Token))
        {
            Assert.Contains(
                "is being collected right now",
                (await Assert.ThrowsAsync<AccountException>(() => AddAsync(depot, dovecot.NextMailbox()))).Message,
                StringComparison.Ordinal);
        }

        await AddAsync(depot, dovecot.NextMailbox());
    }

    [Fact]
    public async Task The_schedule_sees_a_new_mailbox_only_after_its_password_is_stored()
    {
        var store = new MemoryPasswords();
        await using var depot = await DepotAsync(store);
        var seen = new List<string>();
        // a vault is slow
        store.Putting = async () => seen.AddRange((await depot.Get<Pop3Schedule>().DueAsync(Token)).Select(mailbox => mailbox.Name));
        await AddAsync(depot, dovecot.NextMailbox());
        Assert.Empty(seen);
        Assert.Equal(Own, Assert.Single(await depot.Get<Pop3Schedule>().DueAsync(Token)).Name);
    }

    [Fact]
    public async Task When_two_add_the_same_name_the_first_keeps_mailbox_and_password_at_whichever_call_they_meet()
    {
        var (store, meet) = (new MemoryPasswords(), new InterruptAt());
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: meet, passwords: store);
        var accounts = depot.Get<MailboxAccounts>();
        for (var call = 1; ; call++)
        {
            var winners = new List<string>();
            meet.Reset(call, () => AddAsync("other"));
            await AddAsync("one");
            var calls = meet.Calls;
            meet.Reset(0, () => Task.CompletedTask);
            var winner = Assert.Single(winners);
            Assert.Equal((winner, winner), ((await accounts.FindAsync(Own, Token)).Options.User, store.Passwords[Own]));
            await accounts.RemoveAsync(Own, Token);
            if (calls < call)
            {
                Assert.InRange(call, 5, 30); // every call was reached
                return;
            }

            async Task AddAsync(string user)
            {
                try
                {
                    await accounts.AddAsync(new MailboxOptions { Name = Own, Host = "pop.example.com", User = user }, user, Token);
                    winners.Add(user);
                }
                catch (AccountException refusal)
                {
                    Assert.Matches("Mailbox shop already exists|is being collected right now", refusal.Message);
                }
            }
        }
    }

    [Fact]
    public void Every_setting_of_a_mailbox_has_a_command_line_option()
    {
        var command = new Command("add");
        _ = new MailboxArguments(command);
        var settings = typeof(MailboxOptions).GetProperties().Select(property => property.Name)
            .Except([nameof(MailboxOptions.Name), nameof(MailboxOptions.PasswordSetting)]);
        Assert.Equal(
            settings.Select(name => $"--{System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(name)}").Order(),
            command.Options.Select(option => option.Name).Order());
    }

    private static MailboxOptions Options(DovecotMailbox box, string name) =>
        new() { Name = name, Host = "localhost", Port = box.Dovecot.Port, Security = MailboxSecurity.None, User = box.User };

    private static Task AddAsync(TestDepot depot, DovecotMailbox box) =>
        depot.Get<MailboxAccounts>().AddAsync(Options(box, Own), DovecotMailbox.Password, Token);

    private async Task<TestDepot> DepotAsync(IPasswordStore store, IEnumerable<KeyValuePair<string, string?>>? settings = null) =>
        await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings, passwords: store);
}

/// <summary>A password store in memory.</summary>
internal sealed class MemoryPasswords : IPasswordStore
{
    public Dictionary<string, string> Passwords { get; } = new(StringComparer.Ordinal);

    /// <summary>Called before a password is stored.</summary>
    public Func<Task> Putting { get; set; } = () => Task.CompletedTask;

    public string Place => "this test's memory";

    public Task<string?> ReadAsync(string mailbox, CancellationToken ct) => Task.FromResult(Passwords.GetValueOrDefault(mailbox));

    public async Task PutAsync(string mailbox, string password, CancellationToken ct)
    {
        await Putting();
        Passwords[mailbox] = password;
    }

    public Task DeleteAsync(string mailbox, CancellationToken ct)
    {
        Passwords.Remove(mailbox);
        return Task.CompletedTask;
    }
}
