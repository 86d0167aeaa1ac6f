using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Notices;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Notices;

/// <summary>Which mails the administrator gets about mailboxes, and when.</summary>
public sealed class MailboxNoticesTests(AzuriteFixture azurite)
{
    private readonly FakeTimeProvider clock = new(Tickets.Noon);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_is_sent_at_the_first_failure_then_by_the_plan_and_when_it_is_over()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        await TickAsync(depot);
        Assert.Empty(relay.Mails); // never polled is not failing

        await FailAsync(depot, "office");
        var hours = new List<double>();
        for (var minutes = 0; minutes <= 49 * 60; minutes += 20)
        {
            await TickAsync(depot);
            if (relay.Mails.Count > hours.Count)
            {
                hours.Add(minutes / 60.0);
            }

            clock.Advance(TimeSpan.FromMinutes(20));
        }

        Assert.Equal([0, 1, 4, 24, 48], hours);
        await WorkAsync(depot, "office");
        await TickAsync(depot);
        await TickAsync(depot);
        Assert.Equal(6, relay.Mails.Count);
        Assert.Contains("Subject: MailDepot: mailbox office is collected again", relay.Mails.Last(), StringComparison.Ordinal);
        Assert.Equal(6, depot.Events.Count(e => e.Kind is EventKind.Notified));

        clock.Advance(TimeSpan.FromHours(1));
        await FailAsync(depot, "office"); // another failure starts over
        await TickAsync(depot);
        Assert.Contains("Subject: MailDepot: mailbox office can't be collected", relay.Mails.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mailbox_that_fails_on_and_off_is_reported_once_and_again_when_it_fails_for_an_hour()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        for (var minute = 0; minute < 50; minute += 10)
        {
            await FailAsync(depot, "office");
            await TickAsync(depot);
            clock.Advance(TimeSpan.FromMinutes(5));
            await WorkAsync(depot, "office");
            await TickAsync(depot);
            clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.Equal(2, relay.Mails.Count); // one for the failure, one for its end
        await FailAsync(depot, "office");
        clock.Advance(TimeSpan.FromMinutes(59));
        await TickAsync(depot);
        Assert.Equal(2, relay.Mails.Count);
        clock.Advance(TimeSpan.FromMinutes(1));
        await TickAsync(depot);
        Assert.Contains("Subject: MailDepot: mailbox office can't be collected", relay.Mails.ElementAt(2), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mailbox_that_works_only_between_two_runs_is_reported_as_failing_all_the_time()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        var hours = new List<double>();
        for (var minutes = 0; minutes < 30 * 60; minutes += 20)
        {
            await WorkAsync(depot, "office");
            clock.Advance(TimeSpan.FromMinutes(1));
            await FailAsync(depot, "office"); // another failure each time
            await TickAsync(depot);
            if (relay.Mails.Count > hours.Count)
            {
                hours.Add(minutes / 60.0);
            }

            clock.Advance(TimeSpan.FromMinutes(19));
        }

        Assert.Equal(hours.Count, relay.Mails.Count);
        Assert.Equal([0, 1, 4, 24], hours);
        Assert.Contains("Comes and goes:  since 2026-11-23 12:01 UTC", relay.Mails.Last(), StringComparison.Ordinal);
        await WorkAsync(depot, "office");
        await TickAsync(depot);
        Assert.Contains("Failed since:    2026-11-23 12:01 UTC", relay.Mails.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_failure_is_reported_at_once_while_a_skipped_mail_is_reported_daily()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        await PolledAsync(depot, "office", Skipped);
        await TickAsync(depot);
        clock.Advance(TimeSpan.FromHours(30));
        await PolledAsync(depot, "office", Skipped);
        await TickAsync(depot);
        Assert.Contains("is collected, but some of its mail still can't be fetched.", relay.Mails.Last(), StringComparison.Ordinal);

        clock.Advance(TimeSpan.FromHours(2));
        await FailAsync(depot, "office");
        await TickAsync(depot);
        await TickAsync(depot);
        Assert.Equal(3, relay.Mails.Count);
        Assert.Contains("Subject: MailDepot: mailbox office can't be collected", relay.Mails.Last(), StringComparison.Ordinal);
        Assert.Contains("rejected the login of user anna", relay.Mails.Last(), StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromHours(2));
        await FailAsync(depot, "office");
        await TickAsync(depot);
        Assert.Equal(3, relay.Mails.Count); // reported already
    }

    [Fact]
    public async Task A_mailbox_with_two_alternating_failures_gets_the_usual_mails_and_one_more_for_the_other()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        var hours = new List<double>();
        for (var minutes = 0; minutes < 72 * 60; minutes += 20)
        {
            await PolledAsync(depot, "office", minutes % 40 == 0 ? Skipped : WrongPassword);
            await TickAsync(depot);
            if (relay.Mails.Count > hours.Count)
            {
                hours.Add(minutes / 60.0);
            }

            clock.Advance(TimeSpan.FromMinutes(20));
        }

        Assert.Equal(hours.Count, relay.Mails.Count);
        Assert.Equal([0, 1, 4, 24, 25, 48, 49], hours);
    }

    [Fact]
    public async Task The_mail_says_what_is_wrong_what_to_do_what_is_waiting_since_when_and_how_often()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        await FailAsync(depot, "office");
        clock.Advance(TimeSpan.FromMinutes(61));
        await FailAsync(depot, "office");
        await TickAsync(depot);
        var mail = Assert.Single(relay.Mails);
        Assert.All(
            [
                "The mailbox office (anna on pop.example.com:995) can't be collected.",
                "pop.example.com:995 rejected the login of user anna.", "login", "[AUTH] Authentication failed",
                "Check User, and the password in Passwords:anna.", "2026-11-23 12:00 UTC, 2 attempts, the last 2026-11-23 13:01 UTC",
                "120 mails, 3.1 MB",
                "maildepot pop3 show office",
            ],
            text => Assert.Contains(text, mail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mailbox_that_is_collected_except_for_one_mail_is_not_reported_as_unreachable()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        await PolledAsync(depot, "office", Skipped);
        await PolledAsync(depot, "legal", NotDeleted);
        await TickAsync(depot);
        var (office, legal) = (relay.Mails.First(), relay.Mails.Last());
        Assert.Contains(
            "Subject: MailDepot: mailbox office is collected, but some of its mail can't be fetched\r\n",
            office.Replace("\r\n ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(
            "The mailbox office (anna on pop.example.com:995) is collected, but some of its mail can't be fetched.", office,
            StringComparison.Ordinal);
        Assert.Contains("what could not be fetched stays on the server. All other mail is collected.", office, StringComparison.Ordinal);
        Assert.Contains("Last success:    2026-11-23 12:00 UTC", office, StringComparison.Ordinal);
        Assert.Contains("is collected, but mail that was collected stays on the server.", legal, StringComparison.Ordinal);
        Assert.DoesNotContain("what was not collected", legal, StringComparison.Ordinal);
        await WorkAsync(depot, "office");
        await TickAsync(depot);
        Assert.Contains("mailbox office is fully collected again", relay.Mails.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_says_that_the_reason_has_changed()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        await FailAsync(depot, "office");
        await TickAsync(depot);
        clock.Advance(TimeSpan.FromHours(1));
        await PolledAsync(depot, "office", WrongPassword with { Kind = Pop3FailureKind.TimedOut });
        await TickAsync(depot);
        Assert.Contains("still can't be collected, now for another reason.", relay.Mails.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_success_is_the_last_visit_that_ran_to_its_end()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        foreach (var failure in new[] { Skipped, NotDeleted })
        {
            clock.Advance(TimeSpan.FromMinutes(5));
            await PolledAsync(depot, "office", failure);
            Assert.Equal(clock.GetUtcNow(), (await depot.Get<MailboxStates>().ReadAsync("office", Token)).Succeeded);
        }

        var last = clock.GetUtcNow();
        clock.Advance(TimeSpan.FromMinutes(5));
        await FailAsync(depot, "office");
        Assert.Equal(last, (await depot.Get<MailboxStates>().ReadAsync("office", Token)).Succeeded);
    }

    [Fact]
    public async Task With_EachInterval_a_mail_follows_each_interval_with_another_failure()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay, ("MailDepot:Notices:EachInterval", "true"));
        await FailAsync(depot, "office");
        await TickAsync(depot);
        clock.Advance(TimeSpan.FromMinutes(5));
        await TickAsync(depot);
        Assert.Single(relay.Mails); // no further attempt
        await FailAsync(depot, "office");
        await TickAsync(depot);
        await TickAsync(depot);
        Assert.Equal(2, relay.Mails.Count);
    }

    [Fact]
    public async Task Several_processes_send_one_mail()
    {
        await using var relay = new RelaySink();
        var account = await azurite.NextAccountAsync();
        await using var one = await DepotAsync(relay, account);
        await using var other = await DepotAsync(relay, account);
        await FailAsync(one, "office");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(number => TickAsync(number % 2 == 0 ? one : other)));
        Assert.Single(relay.Mails);
    }

    [Fact]
    public async Task A_failing_relay_is_logged_once_tried_again_and_loses_no_mail()
    {
        await using var relay = new RelaySink { Instead = { ["MAIL"] = "451 4.3.0 not now" } };
        await using var depot = await DepotAsync(relay);
        await FailAsync(depot, "office");
        await FailAsync(depot, "legal");
        for (var i = 0; i < 3; i++)
        {
            await TickAsync(depot);
            await TickAsync(depot);
            clock.Advance(MailboxNotices.RelayRetryDelay);
        }

        // one attempt every five minutes, not one per mailbox and tick
        Assert.Equal(3, relay.Commands.Count(command => command.StartsWith("MAIL", StringComparison.Ordinal)));
        var trouble = Assert.Single(depot.Events, e => e.Kind is EventKind.Failed);
        Assert.Contains("451 4.3.0 not now", trouble.Text, StringComparison.Ordinal);

        relay.Instead.Clear();
        await TickAsync(depot);
        Assert.Equal(2, relay.Mails.Count);
        Assert.Single(
            depot.Events,
            e => e.Kind is EventKind.Recovered && e.Text.Contains("accepts mail to the administrator again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_administrator_is_named_in_a_warning_and_the_other_gets_the_mail()
    {
        await using var relay = new RelaySink { Instead = { ["RCPT TO:<admin@"] = "550 5.1.1 no such user" } };
        await using var depot = await DepotAsync(relay);
        await FailAsync(depot, "office");
        await TickAsync(depot);
        await TickAsync(depot);
        Assert.Single(relay.Mails);
        Assert.StartsWith(
            "Sent a mail to deputy@example.com: ", Assert.Single(depot.Events, e => e.Kind is EventKind.Notified).Text,
            StringComparison.Ordinal);
        Assert.Contains(
            "for admin@example.com (550 5.1.1 no such user)", Assert.Single(depot.Events, e => e.Kind is EventKind.Warned).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disabled_or_removed_mailbox_is_not_reported()
    {
        await using var relay = new RelaySink();
        await using var depot = await DepotAsync(relay);
        await FailAsync(depot, "office");
        await depot.Get<MailboxAccounts>().EnableAsync("office", enabled: false, Token);
        await depot.Get<MailboxAccounts>().AddAsync(
            new MailboxOptions { Name = "shop", Host = "pop.example.com", User = "shop" }, "secret", Token);
        await FailAsync(depot, "shop");
        await TickAsync(depot);
        Assert.Contains("mailbox shop", Assert.Single(relay.Mails), StringComparison.Ordinal);
        await depot.Get<MailboxAccounts>().RemoveAsync("shop", Token);
        await TickAsync(depot);
        Assert.Single(relay.Mails);
        Assert.DoesNotContain(await TestDepot.RowsAsync(depot.Storage.Mailboxes), row => row.GetString("Name") == "shop");
    }

    [Fact]
    public async Task Without_a_relay_storage_is_not_even_read()
    {
        var calls = new FaultAt();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, calls);
        calls.Reset(failing: 0, afterIt: false);
        await TickAsync(depot);
        Assert.Equal(0, calls.Calls);
    }

    private static Task TickAsync(TestDepot depot) => depot.Get<MailboxNotices>().RunAsync(Token);

    private static MailboxOptions Office { get; } =
        new() { Name = "office", Host = "pop.example.com", User = "anna", PasswordSetting = "Passwords:anna" };

    private static Pop3Failure WrongPassword { get; } = Pop3Failure.Login(Office, "[AUTH] Authentication failed.");

    private static Pop3Failure Skipped { get; } = Pop3Failure.MailsSkipped(Office, 1, MailTransfer.Attempts);

    private static Pop3Failure NotDeleted { get; } = Pop3Failure.NotDeleted(Office, reply: null);

    private Task FailAsync(TestDepot depot, string mailbox) => PolledAsync(depot, mailbox, WrongPassword);

    private Task WorkAsync(TestDepot depot, string mailbox) => PolledAsync(depot, mailbox, failure: null);

    private async Task PolledAsync(TestDepot depot, string mailbox, Pop3Failure? failure)
    {
        var states = depot.Get<MailboxStates>();
        var visit = new VisitResult(
            failure?.Description ?? "Nothing new.", failure, More: false, new VisitProgress(VisitStage.Idle, 120, 3_100_000, 0, 0, 0));
        await states.PolledAsync(
            mailbox, clock.GetUtcNow(), visit, await states.ReadAsync(mailbox, Token), pausedUntil: null, secured: null, Token);
    }

    private async Task<TestDepot> DepotAsync(RelaySink relay, params (string Key, string Value)[] more) =>
        await DepotAsync(relay, await azurite.NextAccountAsync(), more);

    private Task<TestDepot> DepotAsync(RelaySink relay, string account, params (string Key, string Value)[] more)
    {
        var settings = relay.Settings();
        foreach (var (number, name, user) in new[] { (0, "office", "anna"), (1, "legal", "ben") })
        {
            settings[$"MailDepot:Mailboxes:{number}:Name"] = name;
            settings[$"MailDepot:Mailboxes:{number}:Host"] = "pop.example.com";
            settings[$"MailDepot:Mailboxes:{number}:User"] = user;
            settings[$"MailDepot:Mailboxes:{number}:PasswordSetting"] = $"Passwords:{user}";
        }

        more.ToList().ForEach(setting => settings[setting.Key] = setting.Value);
        return TestDepot.CreateAsync(account, clock, more: settings, passwords: new Connectors.Pop3.Accounts.MemoryPasswords());
    }
}
