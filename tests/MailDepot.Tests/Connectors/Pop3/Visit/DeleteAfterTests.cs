using Azure.Data.Tables;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;
using MailDepot.Storage;
using Microsoft.Extensions.Time.Testing;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary><c>DeleteAfter</c>: a mail stays on the server for some days, counted from when it became durable here.</summary>
public sealed class DeleteAfterTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private const int Days = 30;

    private readonly FakeTimeProvider clock = new(Tickets.Noon);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_is_deleted_the_configured_days_after_it_is_durable_and_not_before()
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail("a")), ("b", Mail("b")) } };
        await using var depot = await DepotAsync(await azurite.NextAccountAsync(), server);
        var first = await CollectAsync(depot);
        Assert.Equal((null, 2, 2), (first.Failure?.Kind, first.Collected, first.Progress.Undeleted));
        Assert.Contains("2 mails left on the server until 30 days after collection", first.Result, StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromDays(Days) - TimeSpan.FromMinutes(1));
        server.Mails.Add(("late", Mail("late")));
        Assert.Equal((1, 3), (await CollectAsync(depot)) is var second ? (second.Collected, second.Progress.Undeleted) : default);
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("DELE", StringComparison.Ordinal));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(
            (null, 0, 1),
            (await CollectAsync(depot)) is var third ? (third.Failure?.Kind, third.Collected, third.Progress.Undeleted) : default);
        Assert.Equal("late", Assert.Single(server.Mails).Uidl);
        clock.Advance(TimeSpan.FromDays(Days));
        await CollectAsync(depot);
        Assert.Empty(server.Mails);
        await CollectAsync(depot);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));
        Assert.Equal(3, (await depot.TicketsAsync()).Count);
    }

    [Fact]
    public async Task Dovecot_keeps_each_mail_the_configured_days_and_each_is_archived_once()
    {
        var mailbox = dovecot.NextMailbox();
        var mails = SomeMails(40);
        var settings = mailbox.Settings();
        settings["MailDepot:Mailboxes:0:DeleteAfter"] = $"{Days}";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: settings);
        for (var day = 0; day < 2 * Days; day++)
        {
            mailbox.Put(mails.Skip(day).Take(1));
            Assert.Null((await CollectAsync(depot)).Failure);
            Assert.Equal(
                mails.Skip(day - Days + 1).Take(Math.Min(Days, day + 1)).Select(mail => $"{Digest.Of(mail)}").Order(StringComparer.Ordinal),
                mailbox.Mails.Select(mail => $"{Digest.Of(mail)}").Order(StringComparer.Ordinal));
            clock.Advance(TimeSpan.FromDays(1));
        }

        await depot.ArchiveAllAsync();
        Assert.Equal(mails.Length, (await depot.LedgerAsync()).Select(receipt => receipt.RawSha256).Distinct().Count());
        Assert.Equal(mails.Length, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
    }

    [Theory]
    [InlineData("DeleteAfter", "30")]
    [InlineData("LeaveOnServer", "true")] // with another setting at the first visit after the upgrade
    public async Task Mail_in_a_page_of_an_early_version_counts_from_the_first_visit_that_reads_it(string key, string value)
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail("a")), ("b", Mail("b")) } };
        var account = await azurite.NextAccountAsync();
        await EarlyPagesAsync(account, server);
        await using (var depot = await DepotAsync(account, server, key, value))
        {
            Assert.Equal((0, 2), (await CollectAsync(depot)) is var first ? (first.Collected, first.Progress.Undeleted) : default);
        }

        await using var later = await DepotAsync(account, server);
        for (var day = 1; day < Days; day++)
        {
            clock.Advance(TimeSpan.FromDays(1));
            Assert.Equal((0, 2), (await CollectAsync(later)) is var visit ? (visit.Collected, visit.Progress.Undeleted) : default);
        }

        clock.Advance(TimeSpan.FromDays(1));
        await CollectAsync(later);
        Assert.Empty(server.Mails);
        Assert.Empty(await later.TicketsAsync());
    }

    [Fact]
    public async Task The_days_can_be_changed_later_to_fewer_or_more_or_none()
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail("a")) } };
        var account = await azurite.NextAccountAsync();
        foreach (var (days, pause, left) in new[] { ("30", 10, 1), ("40", 25, 1), ("30", 0, 0) })
        {
            await using var depot = await DepotAsync(account, server, "DeleteAfter", days);
            await CollectAsync(depot);
            clock.Advance(TimeSpan.FromDays(pause));
            Assert.Equal(left, server.Mails.Count);
        }

        server.Mails.Add(("b", Mail("b")));
        await using (var depot = await DepotAsync(account, server))
        {
            Assert.Equal(1, (await CollectAsync(depot)).Collected);
        }

        await using var atOnce = await DepotAsync(account, server, "DeleteAfter", "0");
        Assert.Equal(0, (await CollectAsync(atOnce)).Collected);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Without_UIDL_DeleteAfter_is_a_failure_and_nothing_is_collected()
    {
        await using var server = new ScriptedServer
        {
            Capabilities = "USER",
            Mails = { ("", Mail("a")) },
            Instead = { ["UIDL"] = "-ERR what?" },
        };
        await using var depot = await DepotAsync(await azurite.NextAccountAsync(), server);
        var visit = await CollectAsync(depot);
        Assert.Equal((Pop3FailureKind.Settings, 0, "Set DeleteAfter to 0."), (visit.Failure?.Kind, visit.Collected, visit.Failure?.WayOut));
    }

    [Fact]
    public async Task A_substitute_is_never_deleted_and_the_mail_that_follows_counts_from_its_own_arrival()
    {
        await using var server = new ScriptedServer { Mails = { ("odd", SubstituteDraft.Bytes(SubstituteDraft.Reported)) } };
        await using var depot = await DepotAsync(await azurite.NextAccountAsync(), server);
        for (var visit = 0; visit < 4; visit++)
        {
            await CollectAsync(depot);
            clock.Advance(TimeSpan.FromDays(Days));
        }

        server.Mails[0] = ("odd", Mail("odd"));
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        Assert.Single(server.Mails);
        clock.Advance(TimeSpan.FromDays(Days));
        await CollectAsync(depot);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task A_server_that_does_not_delete_what_is_due_is_reported_and_what_is_not_due_is_no_failure()
    {
        await using var server = new ScriptedServer { Mails = { ("a", Mail("a")) }, Instead = { ["DELE"] = "-ERR no" } };
        await using var depot = await DepotAsync(await azurite.NextAccountAsync(), server);
        await CollectAsync(depot);
        clock.Advance(TimeSpan.FromDays(Days - 1));
        server.Mails.Add(("b", Mail("b")));
        Assert.Null((await CollectAsync(depot)).Failure);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(
            (Pop3FailureKind.NotDeleted, 2),
            (await CollectAsync(depot)) is var visit ? (visit.Failure?.Kind, visit.Progress.Undeleted) : default);
    }

    [Fact]
    public void Of_two_pages_with_the_same_mail_the_earlier_time_counts_and_time_does_not_matter_for_equality()
    {
        var mail = new MailListing("a", [1], 100).IfDurable!.Value;
        var (early, late) = (mail with { Since = Tickets.Noon }, mail with { Since = Tickets.Noon.AddDays(1) });
        foreach (var order in new[] { new[] { early, late }, [late, early] })
        {
            var known = new KnownMails();
            Assert.All(order, one => known.Add(UidlPage.Of([one]), []));
            Assert.Equal(
                (1, true, false),
                (known.DurableCount, known.IsDurableSince(mail, Tickets.Noon), known.IsDurableSince(mail, Tickets.Noon.AddSeconds(-1))));
            Assert.Equal(Tickets.Noon, Assert.Single(Assert.Single(UidlPage.Of(order)).Mails).Since);
        }

        var page = Assert.Single(UidlPage.Of([late]));
        Assert.NotEqual(Assert.Single(UidlPage.Of([early])).Key, page.Key);
        var read = UidlPage.Read(page.Key, page.Content, page.Times, Tickets.Noon.AddYears(1));
        Assert.Equal((late.Since, false), (Assert.Single(read.Mails).Since, read.WasUndated));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_storage_call_may_fail_while_pages_get_their_times_and_no_mail_is_deleted_early_or_collected_twice(
        bool afterItWasDone)
    {
        var failed = await SideBySide.EachCallAsync(async failing =>
        {
            var fault = new FaultAt();
            fault.Stop();
            var time = new FakeTimeProvider(Tickets.Noon);
            await using var server = new ScriptedServer { Mails = { ("a", Mail("a")), ("b", Mail("b")) } };
            var account = await azurite.NextAccountAsync();
            await EarlyPagesAsync(account, server);
            server.Mails.Add(("c", Mail("c")));
            await using var depot = await TestDepot.CreateAsync(
                account, time, policy: fault, more: Settings(server, "DeleteAfter", $"{Days}"));
            fault.Reset(failing, afterItWasDone);
            await OutageTests.TryAsync(depot);
            var isReached = fault.Calls >= failing;
            fault.Stop();
            foreach (var (days, left) in new[] { (1, 3), (Days - 2, 3), (2, 0) })
            {
                time.Advance(TimeSpan.FromDays(days));
                await OutageTests.BreakLeaseAsync(depot);
                await CollectAsync(depot);
                Assert.Equal(left, server.Mails.Count);
            }

            await depot.ArchiveAllAsync();
            await IsArchivedOnceAsync(depot, [Mail("c")]);
            return isReached;
        });
        Assert.True(failed >= 8, $"Only {failed} calls to storage failed: a visit does too little.");
    }

    /// <summary>The rows of a version before <c>DeleteAfter</c>, which had collected the mailbox.</summary>
    private async Task EarlyPagesAsync(string account, ScriptedServer server)
    {
        await using var depot = await DepotAsync(account, server);
        foreach (var (uidl, mail) in server.Mails)
        {
            var content = Assert.Single(UidlPage.Of([new MailListing(uidl, [1], mail.Length).IfDurable!.Value])).Content;
            await depot.Storage.Uidls.UpsertEntityAsync(
                new TableEntity(TableKey.Escape(DovecotMailbox.Name), $"page-{Digest.Of(content.Span)}") { ["Mails"] = content.ToArray() },
                TableUpdateMode.Replace, Token);
        }

        await depot.Get<MailboxStates>().BindAccountAsync(DovecotMailbox.Name, $"127.0.0.1:{server.Port} anna", MailboxState.New, Token);
    }

    private Task<TestDepot> DepotAsync(string account, ScriptedServer server, string key = "DeleteAfter", string value = "30") =>
        TestDepot.CreateAsync(account, clock, more: Settings(server, key, value));

    private static Dictionary<string, string?> Settings(ScriptedServer server, string key, string value)
    {
        var settings = server.Settings();
        settings[$"MailDepot:Mailboxes:0:{key}"] = value;
        return settings;
    }

    private static byte[] Mail(string name) => A.Mail().MessageId($"{name}@example.com").Bytes();
}
