using MailDepot.Archive;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>A server that sends a substitute has not sent the mail, which stays there until it does.</summary>
public sealed class SubstituteMailTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_substitute_is_archived_once_and_flagged_and_the_mail_is_skipped_after_three_runs_and_never_deleted()
    {
        await using var server = new ScriptedServer { Mails = { ("a", Real("a")), ("c", Real("c")), ("odd", Made(0)) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        for (var run = 0; run < 5; run++)
        {
            server.Mails[^1] = ("odd", Made(run)); // its number changes as others are deleted
            var visit = await PollAsync(depot);
            Assert.Equal(
                (Pop3FailureKind.MailsRefused, run == 0 ? 2 : 0, 1, 1),
                (visit.Failure?.Kind, visit.Collected, visit.Waiting, visit.Progress.Substitutes));
            Assert.Equal(run < 3 ? 0 : 1, visit.Progress.Skipped);
            Assert.Contains("sends a substitute in place of 1 mail", visit.Failure!.Sentence, StringComparison.Ordinal);
            Assert.Contains("Outlook", visit.Failure.WayOut, StringComparison.Ordinal);
        }

        Assert.Equal("odd", Assert.Single(server.Mails).Uidl);
        var mailbox = (await depot.Get<MailboxDirectory>().FindAsync(DovecotMailbox.Name, Token))!;
        Assert.Equal(1, mailbox.State.Progress.Substitutes);
        var (subject, text) = MailDepot.Notices.NoticeText.Failing(mailbox, null, Tickets.Noon); // what the administrator reads
        Assert.EndsWith("is collected, but some of its mail can't be fetched", subject, StringComparison.Ordinal);
        Assert.Contains("sends a substitute in place of 1 mail", text, StringComparison.Ordinal);
        Assert.Single(depot.Events, e => e.Text.Contains("3 times in a row", StringComparison.Ordinal));
        await depot.ArchiveAllAsync();
        var flagged = Assert.Single((await depot.Get<IndexReader>().ListFlaggedAsync(ReceiptFlag.Substitute, null, 10, null, Token)).Mails);
        Assert.Equal("substitute", flagged.Flags);
        await IsArchivedOnceAsync(depot, [Real("a"), Made(0), Real("c")]);
    }

    [Fact]
    public async Task The_mail_itself_is_collected_and_deleted_once_the_server_sends_it()
    {
        await using var server = new ScriptedServer { Mails = { ("odd", Made(1)) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        server.Instead["LIST"] = "+OK\r\n1 5000000\r\n."; // the size of the mail itself, whichever of the two is sent
        for (var run = 0; run < 4; run++)
        {
            Assert.NotNull((await PollAsync(depot)).Failure);
        }

        server.Mails[0] = ("odd", Real("odd"));
        Assert.Equal((1, 0), (await PollAsync(depot)) is var skipped ? (skipped.Progress.Skipped, skipped.Collected) : default);
        server.Heard = command =>
        {
            if (command is "QUIT")
            {
                server.Instead.Clear(); // the mail is gone, and its size with it
            }
        };
        var asked = await CollectAsync(depot); // requested by hand
        Assert.Equal((null, 1, 0), (asked.Failure?.Kind, asked.Collected, asked.Progress.Substitutes));
        Assert.Empty(server.Mails);
        Assert.Null((await PollAsync(depot)).Failure);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Made(1), Real("odd")]);
        Assert.Single(depot.Events, e => e.Kind is EventKind.Recovered);
    }

    [Fact]
    public async Task A_mail_that_was_skipped_is_tried_at_once_when_its_size_changes()
    {
        await using var server = new ScriptedServer { Mails = { ("odd", Made(1)) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        for (var run = 0; run < 4; run++)
        {
            await PollAsync(depot);
        }

        server.Mails[0] = ("odd", Real("odd"));
        Assert.Equal(1, (await PollAsync(depot)).Collected);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task With_LeaveOnServer_a_substitute_does_not_count_as_collected()
    {
        await using var server = new ScriptedServer { Mails = { ("odd", Made(1)) } };
        var settings = server.Settings();
        settings["MailDepot:Mailboxes:0:LeaveOnServer"] = "true";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(Pop3FailureKind.MailsRefused, (await PollAsync(depot)).Failure?.Kind);
        server.Mails[0] = ("odd", Real("odd"));
        Assert.Equal(1, (await PollAsync(depot)).Collected);
        Assert.Equal(0, (await PollAsync(depot)).Collected);
        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task Without_UIDLs_a_substitute_is_archived_once_and_stays_even_beside_another_of_its_size()
    {
        await using var server = new ScriptedServer
        {
            Capabilities = "USER",
            Mails = { ("", Made(1)), ("", Made(2)) },
            Instead = { ["UIDL"] = "-ERR what?" },
        };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        for (var run = 0; run < 4; run++)
        {
            Assert.Equal(
                (Pop3FailureKind.MailsRefused, 2),
                (await PollAsync(depot)) is var visit ? (visit.Failure?.Kind, visit.Progress.Substitutes) : default);
        }

        Assert.Equal(2, server.Mails.Count);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Made(1), Made(2)]); // what was sent again is a duplicate
        server.Mails[0] = ("", Real("late"));
        Assert.Equal(1, (await PollAsync(depot)).Collected);
        Assert.Equal(Made(2), Assert.Single(server.Mails).Mail);
    }

    [Fact]
    public async Task Two_mails_with_the_same_substitute_have_one_each()
    {
        await using var server = new ScriptedServer { Mails = { ("a", Made(1)), ("b", Made(1)) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        await PollAsync(depot);
        await depot.ArchiveAllAsync();
        Assert.Equal(
            ["a", "b"], (await depot.LedgerAsync()).Select(receipt => ((Pop3Source)receipt.Source).Uidl).Order(StringComparer.Ordinal));
        Assert.Single(await TestDepot.BlobNamesAsync(depot.Storage.Archive(TestDepot.Container), "documents/"));
    }

    [Fact]
    public async Task A_copy_that_is_a_substitute_keeps_the_other_copies_undeleted()
    {
        await using var server = new ScriptedServer { Mails = { ("same", Real("x")), ("same", Made(1)), ("same", Made(1)) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(
            (Pop3FailureKind.MailsRefused, 0), (await PollAsync(depot)) is var visit ? (visit.Failure?.Kind, visit.Collected) : default);
        Assert.Equal(3, server.Mails.Count);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Real("x"), Made(1)]);
    }

    [Fact]
    public async Task A_person_s_mail_about_a_substitute_is_collected_and_deleted()
    {
        var about = A.Mail().Subject("Fw: Retrieval using the POP3 protocol failed for the following message: 1")
            .Text(SubstituteDraft.Reported).Bytes();
        await using var server = new ScriptedServer { Mails = { ("a", about) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal((null, 1), (await PollAsync(depot)) is var visit ? (visit.Failure?.Kind, visit.Collected) : default);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task A_later_reading_keeps_the_flag_and_a_ticket_of_an_earlier_version_has_none()
    {
        await using var server = new ScriptedServer { Mails = { ("odd", Made(1)) } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        await PollAsync(depot);
        await depot.ArchiveAllAsync();
        var read = new List<Reread>();
        await depot.Get<Rereading>().RereadFlaggedAsync(TestDepot.Container, read.Add, Token);
        Assert.Equal((RereadResult.Same, "substitute"), Assert.Single(read) is var one ? (one.Result, one.After) : default);

        var early = Tickets.For([1], 1) with { Source = new Pop3Source(DovecotMailbox.Name, "odd") };
        Assert.DoesNotContain("substitute", System.Text.Encoding.UTF8.GetString(early.Line()), StringComparison.Ordinal);
        Assert.Null(((Pop3Source)Ticket.Read(early.Line()).Source).Substitute);
        var late = early with { Source = new Pop3Source(DovecotMailbox.Name, "odd", Substitute: true) };
        Assert.Equal(late, Ticket.Read(late.Line()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_storage_call_may_fail_and_the_substitute_is_archived_once_and_nothing_is_deleted(bool afterItWasDone)
    {
        var failed = await SideBySide.EachCallAsync(async failing =>
        {
            var fault = new FaultAt();
            fault.Stop();
            await using var server = new ScriptedServer { Mails = { ("odd", Made(1)) } };
            await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, more: server.Settings());
            fault.Reset(failing, afterItWasDone);
            await OutageTests.TryAsync(depot, now: false);
            var isReached = fault.Calls >= failing;
            fault.Stop();
            await OutageTests.BreakLeaseAsync(depot);
            Assert.Equal(Pop3FailureKind.MailsRefused, (await CollectAsync(depot)).Failure?.Kind);
            Assert.Single(server.Mails);
            await depot.ArchiveAllAsync();
            await IsArchivedOnceAsync(depot, [Made(1)]);
            Assert.Equal([ReceiptFlag.Substitute], Assert.Single(await depot.LedgerAsync()).Flags);
            return isReached;
        });
        Assert.True(failed >= 8, $"Only {failed} calls to storage failed: a visit does too little.");
    }

    private static async Task<VisitResult> PollAsync(TestDepot depot) =>
        await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token)
        ?? throw new InvalidOperationException("Another process collects the mailbox.");

    private static byte[] Made(int number) =>
        SubstituteDraft.Bytes(SubstituteDraft.Reported.Replace("20004", $"{number}", StringComparison.Ordinal));

    private static byte[] Real(string name) => A.Mail().MessageId($"{name}@example.com").Text(new string('x', 2_000) + "\n").Bytes();
}
