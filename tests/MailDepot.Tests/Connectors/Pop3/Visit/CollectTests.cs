using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Mail;
using MailDepot.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

public sealed class CollectTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MailboxSecurity.None)]
    [InlineData(MailboxSecurity.StartTls)]
    [InlineData(MailboxSecurity.Tls)]
    public async Task A_mailbox_is_collected_and_emptied_and_each_mail_archived_once(MailboxSecurity security)
    {
        var mailbox = dovecot.NextMailbox();
        var mails = SomeMails(30);
        mailbox.Put(mails);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: mailbox.Settings(security));

        var visit = await CollectAsync(depot);
        Assert.Equal(("30 mails collected.", null, 0, 30, false), Outcome(visit));
        Assert.Empty(mailbox.Mails);
        Assert.Equal(("Nothing new.", null, 0, 0, false), Outcome(await CollectAsync(depot)));
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));

        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, mails);
        Assert.All(
            await depot.LedgerAsync(), receipt => Assert.Equal(DovecotMailbox.Name, Assert.IsType<Pop3Source>(receipt.Source).Mailbox));
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal(("Nothing new.", false, 0, 30L), (state.Result, state.Failing, state.Waiting, state.Collected));
    }

    [Fact]
    public async Task What_a_broken_session_left_is_deleted_and_not_collected_again()
    {
        var mailbox = dovecot.NextMailbox();
        var mails = SomeMails(3);
        mailbox.Put(mails);
        await using var proxy = new CuttingProxy(dovecot.Port) { CutAt = "QUIT"u8.ToArray() };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: mailbox.Settings(port: proxy.Port));
        Assert.Equal(3, (await CollectAsync(depot)).Collected);
        Assert.Equal(3, mailbox.Mails.Length);

        proxy.CutAt = null;
        var late = A.Mail().MessageId("late@example.com").Bytes();
        mailbox.Put(late);
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        Assert.Empty(mailbox.Mails);
        Assert.Equal(4, (await depot.TicketsAsync()).Count);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [.. mails, late]);
    }

    [Fact]
    public async Task One_poll_empties_a_mailbox_that_receives_mail_meanwhile()
    {
        var mailbox = dovecot.NextMailbox();
        var late = A.Mail().MessageId("late@example.com").Bytes();
        mailbox.Put(SomeMails(3));
        await using var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), policy: new WhileCollecting(() => mailbox.Put(late)), more: mailbox.Settings());
        Assert.Equal(("4 mails collected.", null, 0, 4, false), Outcome(await CollectAsync(depot)));
        Assert.Empty(mailbox.Mails);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [.. SomeMails(3), late]);
    }

    [Fact]
    public async Task A_mailbox_that_another_process_collects_is_left_alone()
    {
        var mailbox = dovecot.NextMailbox();
        mailbox.Put(SomeMails(1));
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: mailbox.Settings());
        await using (await Lease.TryTakeAsync(depot.Storage.Leases, $"pop3/{DovecotMailbox.Name}", TimeProvider.System, Token))
        {
            Assert.Null(await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: false, Token));
            Assert.Equal(0, await WaitingAsync());
            Assert.Null(await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: true, Token));
            Assert.Equal(1, await WaitingAsync()); // a manual request comes back when the other may have finished
            Assert.Single(mailbox.Mails);
        }

        Assert.Equal(1, (await CollectAsync(depot)).Collected);

        async Task<int> WaitingAsync() => (await depot.Storage.Pop3Queue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount;
    }

    [Fact]
    public async Task Progress_that_could_not_be_written_is_written_the_next_time()
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var server = new ScriptedServer { Mails = { ("a", A.Mail().Bytes()) }, Instead = { ["RETR"] = null } };
        var fault = new FaultAt
        {
            On = uri => uri.AbsolutePath.Contains("/mailboxes(", StringComparison.OrdinalIgnoreCase),
            Answer = () => new Azure.RequestFailedException(400, "Refused."),
        };
        var account = await azurite.NextAccountAsync();
        await using var depot = await TestDepot.CreateAsync(account, clock, fault, more: server.Settings());
        await using var watching = await TestDepot.CreateAsync(account);
        fault.Reset(0, afterIt: false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var visiting = depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: true, stop.Token);
        await Eventually.IsTrueAsync(
            () => server.Commands.Any(command => command.StartsWith("RETR", StringComparison.Ordinal)), "a mail was asked for");
        fault.Reset(1, afterIt: false);
        await Eventually.IsTrueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(50));
                return (await watching.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).Progress.Stage is VisitStage.Collecting;
            },
            "the progress is in the table");
        Assert.True(fault.Calls > 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => visiting);
    }

    [Fact]
    public async Task A_visit_that_lost_its_lease_leaves_mailbox_and_row_to_the_next()
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var server = new ScriptedServer { Mails = { ("a", A.Mail().Bytes()) }, Instead = { ["RETR"] = null } };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: server.Settings());
        var visiting = depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: true, Token);
        await Eventually.IsTrueAsync(
            () => server.Commands.Any(command => command.StartsWith("RETR", StringComparison.Ordinal)), "a mail was asked for");
        await depot.Storage.Leases.GetBlobClient(MailboxStates.LeaseName(DovecotMailbox.Name)).GetBlobLeaseClient().BreakAsync(
            TimeSpan.Zero, cancellationToken: Token);
        await using var next = await Lease.TryTakeAsync(depot.Storage.Leases, MailboxStates.LeaseName(DovecotMailbox.Name), clock, Token);
        clock.Advance(Lease.Duration / 3); // the renewal fails
        Assert.Null(await visiting);
        var state = await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token);
        Assert.Equal((null, null, 0), (state.Polled, state.Failure, state.Failures));
        Assert.DoesNotContain(depot.Events, e => e.Kind is EventKind.Failed or EventKind.Warned);
        // another visit is requested, because the next poll may be a day away
        Assert.Equal(1, (await depot.Storage.Pop3Queue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
    }

    [Theory]
    [InlineData("MaxMailsPerRun", 20, 20)]
    [InlineData("MaxBytesPerRun", 1_000_000, 8)]
    public async Task A_visit_is_limited_and_requests_the_next_at_once(string limit, int value, int collected)
    {
        var mailbox = dovecot.NextMailbox();
        var mails = limit == "MaxBytesPerRun"
            ? Enumerable.Range(0, 12).Select(i => A.Mail().MessageId($"{i}@example.com").Text(new string('x', 120_000)).Bytes()).ToArray()
            : SomeMails(45);
        mailbox.Put(mails);
        var settings = mailbox.Settings();
        (settings[$"MailDepot:Mailboxes:0:{limit}"], settings["MailDepot:Mailboxes:0:CommitEvery"]) = ($"{value}", "15");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(
            ($"{collected} mails collected.", null, mails.Length - collected, collected, true), Outcome(await CollectAsync(depot)));
        Assert.Equal(mails.Length - collected, mailbox.Mails.Length);
        for (var visits = 1; mailbox.Mails.Length > 0; visits++)
        {
            Assert.InRange(visits, 1, 3);
            var message = Assert.Single((await depot.Storage.Pop3Queue.ReceiveMessagesAsync(32, cancellationToken: Token)).Value);
            Assert.Equal("""{"v":1,"mailbox":"office"}""", message.Body.ToString());
            await depot.Storage.Pop3Queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
            await depot.Get<Pop3Collector>().CollectAsync(message.Body.ToMemory(), Token);
        }

        Assert.Empty((await depot.Storage.Pop3Queue.ReceiveMessagesAsync(32, cancellationToken: Token)).Value);
        await depot.ArchiveAllAsync();
        Assert.Equal(mails.Length, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
        Assert.Equal(mails.Length, (await depot.Get<MailboxStates>().ReadAsync(DovecotMailbox.Name, Token)).Collected);
    }

    [Fact]
    public async Task Small_and_large_mails_are_collected_together()
    {
        var mailbox = dovecot.NextMailbox();
        var mails = new[] { Large(1), A.Mail().Bytes(), Large(2), A.Mail().MessageId("b@example.com").Bytes() };
        mailbox.Put(mails);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: mailbox.Settings());
        Assert.Equal(4, (await CollectAsync(depot)).Collected);
        Assert.Empty(mailbox.Mails);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, mails);

        static byte[] Large(int seed)
        {
            var content = new byte[5_000_000];
            new Random(seed).NextBytes(content);
            return A.Mail().MessageId($"large-{seed}@example.com").Attachment("a.bin", "application/octet-stream", content).Bytes();
        }
    }

    [Fact]
    public async Task A_report_in_a_journal_mailbox_is_split_and_goes_to_the_mailbox_s_container()
    {
        var mailbox = dovecot.NextMailbox();
        var mail = A.Mail().Bytes();
        mailbox.Put(A.JournalReport().Sender("anna@example.com").Bcc("carl@example.org").Around(mail).Bytes());
        var settings = mailbox.Settings();
        (settings["MailDepot:Mailboxes:0:Journal"], settings["MailDepot:Mailboxes:0:Container"]) = ("true", "legal");
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        await depot.Storage.CreateAsync(["legal"], Token);
        await CollectAsync(depot);
        await depot.ArchiveAllAsync();
        var receipt = Assert.Single(await depot.Get<MailDepot.Ledger.ReceiptLedger>().ReadAllAsync("legal", Token).ToListAsync(Token));
        Assert.Equal(Digest.Of(mail), receipt.Document.Sha256);
        Assert.Equal("carl@example.org", Assert.Single(receipt.Journal!.Recipients).Address);
    }

    [Fact]
    public async Task A_report_in_an_ordinary_mailbox_is_an_ordinary_mail()
    {
        var mailbox = dovecot.NextMailbox();
        var report = A.JournalReport().Sender("anna@example.com").Bcc("victim@example.org").Around(A.Mail()).Bytes();
        mailbox.Put(report);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: mailbox.Settings());
        await CollectAsync(depot);
        await depot.ArchiveAllAsync();
        var receipt = Assert.Single(await depot.LedgerAsync());
        Assert.Equal((Digest.Of(report), null), (receipt.Document.Sha256, receipt.Journal));
        Assert.Empty((await depot.Get<IndexReader>().ListParticipantAsync("victim@example.org", null, 10, null, Token)).Mails);
    }

    internal static async Task<VisitResult> CollectAsync(TestDepot depot) =>
        await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now: true, Token)
        ?? throw new InvalidOperationException("Another process collects the mailbox.");

    /// <summary>The result of a visit, without sizes.</summary>
    internal static (string Result, Pop3FailureKind? Failure, int Waiting, int Collected, bool More) Outcome(VisitResult visit) =>
        (visit.Result, visit.Failure?.Kind, visit.Waiting, visit.Collected, visit.More);

    internal static byte[][] SomeMails(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => A.Mail().MessageId($"{i}@example.com").Subject($"Mail {i}")
            .Text($"Line one of {i}.\n.\n..a dot at its beginning\n").Bytes()),
    ];

    /// <summary>Every mail has one receipt, with the bytes that the mailbox had.</summary>
    internal static async Task IsArchivedOnceAsync(TestDepot depot, IReadOnlyList<byte[]> mails)
    {
        var expected = mails.Select(mail => Digest.Of(mail).ToString()).Order(StringComparer.Ordinal);
        Assert.Equal(
            expected,
            (await depot.LedgerAsync()).DistinctBy(receipt => receipt.Id)
                .Select(receipt => receipt.RawSha256.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(mails.Count, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
    }

    /// <summary>Does something once, when the first mail has become durable.</summary>
    private sealed class WhileCollecting(Action happens) : HttpPipelineSynchronousPolicy
    {
        private int done;

        public override void OnReceivedResponse(HttpMessage message)
        {
            if (message.Request.Uri.Path.EndsWith("/archive/messages", StringComparison.Ordinal) && Interlocked.Exchange(ref done, 1) == 0)
            {
                happens();
            }
        }
    }
}
