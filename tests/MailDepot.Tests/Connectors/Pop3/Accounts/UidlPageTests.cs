using System.Globalization;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Mail;
using MailDepot.Storage;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Accounts;

/// <summary>
/// Pages of durable mails in the table <c>Uidls</c>: no mail is deleted because of another's entry, and none is collected twice.
/// </summary>
public sealed class UidlPageTests(AzuriteFixture azurite)
{
    private const string Box = DovecotMailbox.Name;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_mails_of_a_session_are_one_row_which_is_deleted_when_none_of_them_is_listed()
    {
        await using var server = Server("a", "b", "c");
        server.Instead["QUIT"] = ScriptedServer.Cut;
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(3, (await CollectAsync(depot)).Collected);
        var page = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Uidls));

        Assert.Equal(0, (await CollectAsync(depot)).Collected); // broken again: the page is unchanged
        Assert.Equal(page.ETag, Assert.Single(await TestDepot.RowsAsync(depot.Storage.Uidls)).ETag);
        server.Instead.Clear();
        Assert.Equal(0, (await CollectAsync(depot)).Collected);
        Assert.Empty(server.Mails);
        Assert.Equal(0, (await CollectAsync(depot)).Collected);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));
        Assert.Equal(3, (await depot.TicketsAsync()).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_UIDL_reused_for_a_mail_of_the_same_size_while_others_of_its_page_are_left_is_collected(bool leaveOnServer)
    {
        await using var server = Server("a", "b");
        server.Instead["DELE 1"] = "-ERR not this one"; // so that it is left
        var settings = server.Settings();
        settings["MailDepot:Mailboxes:0:LeaveOnServer"] = $"{leaveOnServer}";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        Assert.Equal(2, (await CollectAsync(depot)).Collected);
        server.Mails.RemoveAll(mail => mail.Uidl == "b"); // by us, or by another program
        var before = Assert.Single(await TestDepot.RowsAsync(depot.Storage.Uidls));

        Assert.Equal(0, (await CollectAsync(depot)).Collected);
        Assert.NotEqual(before.RowKey, Assert.Single(await TestDepot.RowsAsync(depot.Storage.Uidls)).RowKey);
        var (first, second) = (Mail("b"), A.Mail().MessageId("x@example.com").Bytes());
        Assert.Equal(first.Length, second.Length);
        server.Mails.Add(("b", second));
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Mail("a"), first, second]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_that_could_not_be_rebuilt_is_rebuilt_by_the_next_visit(bool afterItWasDone)
    {
        await using var server = Server("a", "b");
        server.Instead["DELE 1"] = "-ERR not this one";
        var fault = new FaultAt { On = uri => uri.AbsolutePath.EndsWith("/$batch", StringComparison.Ordinal) };
        fault.Stop();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, more: server.Settings());
        Assert.Equal(2, (await CollectAsync(depot)).Collected);

        fault.Reset(failing: 1, afterItWasDone);
        Assert.Equal(Pop3FailureKind.Storage, (await CollectAsync(depot)).Failure?.Kind);
        fault.Stop();
        Assert.Single(await TestDepot.RowsAsync(depot.Storage.Uidls)); // the old page or the new one, never both
        server.Instead.Clear();
        Assert.Equal(0, (await CollectAsync(depot)).Collected);
        Assert.Equal(1, (await depot.Get<CollectedUidls>().ReadAsync(Box, Token)).DurableCount);
        Assert.Empty(server.Mails);
        Assert.Equal(2, (await depot.TicketsAsync()).Count);
    }

    [Fact]
    public async Task A_UIDL_reused_at_once_is_collected_although_storage_failed_when_its_page_was_rebuilt()
    {
        await using var server = Server("a", "b");
        server.Instead["DELE 1"] = "-ERR not this one";
        var fault = new FaultAt { On = uri => uri.AbsolutePath.EndsWith("/$batch", StringComparison.Ordinal) };
        fault.Stop();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, more: server.Settings());
        Assert.Equal(2, (await CollectAsync(depot)).Collected);

        fault.Reset(failing: 1, afterIt: true);
        Assert.Equal(Pop3FailureKind.Storage, (await CollectAsync(depot)).Failure?.Kind);
        fault.Stop();
        var again = A.Mail().MessageId("x@example.com").Bytes();
        server.Mails.Add(("b", again)); // of the same size
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        await depot.ArchiveAllAsync();
        await IsArchivedOnceAsync(depot, [Mail("a"), Mail("b"), again]);
    }

    [Fact]
    public async Task A_mail_that_was_refused_before_it_was_collected_counts_as_collected()
    {
        await using var server = Server("a");
        server.Instead["RETR"] = "-ERR can't read it";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        Assert.Equal(Pop3FailureKind.MailsRefused, (await CollectAsync(depot)).Failure?.Kind);
        server.Instead.Remove("RETR");
        server.Instead["QUIT"] = ScriptedServer.Cut;
        Assert.Equal(1, (await CollectAsync(depot)).Collected);
        Assert.Equal(2, (await TestDepot.RowsAsync(depot.Storage.Uidls)).Count);

        server.Instead.Clear();
        Assert.Equal((0, 0), (await CollectAsync(depot)) is var visit ? (visit.Collected, visit.Waiting) : default);
        Assert.Empty(server.Mails);
        Assert.StartsWith("page-", Assert.Single(await TestDepot.RowsAsync(depot.Storage.Uidls)).RowKey, StringComparison.Ordinal);
        Assert.Single(await depot.TicketsAsync());
    }

    [Fact]
    public async Task The_same_mails_in_another_order_are_the_same_row()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var uidls = depot.Get<CollectedUidls>();
        await uidls.PutAsync(Box, UidlPage.Of(Listed(1, 30).Select(Durable)), [], Token);
        await uidls.PutAsync(Box, UidlPage.Of(Listed(1, 30).Reverse().Concat(Listed(7, 2)).Select(Durable)), [], Token);
        Assert.Single(await TestDepot.RowsAsync(depot.Storage.Uidls));
        var known = await uidls.ReadAsync(Box, Token);
        Assert.Equal(30, known.DurableCount);
        Assert.All(Listed(1, 30), mail => Assert.True(known.IsDurable(Durable(mail))));
        Assert.False(known.IsDurable(Durable(Listed(1, 1)[0]) with { Bytes = 1 })); // another mail under this UIDL
        Assert.False(known.IsDurable(Durable(Listed(1, 1)[0]) with { HasUidl = false }));
    }

    [Fact]
    public async Task Many_small_pages_are_merged_within_storage_limits_and_a_page_that_need_not_change_stays()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var uidls = depot.Get<CollectedUidls>();
        var mails = Listed(1, 99);
        await uidls.PutAsync(Box, mails.SelectMany(mail => UidlPage.Of([Durable(mail)])), [], Token);
        await uidls.KeepAsync(Box, await uidls.ReadAsync(Box, Token), mails, Token);
        Assert.Equal(99, (await TestDepot.RowsAsync(depot.Storage.Uidls)).Count);

        await uidls.PutAsync(Box, UidlPage.Of(mails.Select(Durable)), [], Token);
        var known = await uidls.ReadAsync(Box, Token);
        await uidls.KeepAsync(Box, known, mails, Token);
        Assert.Equal(2, (await TestDepot.RowsAsync(depot.Storage.Uidls)).Count); // one per transaction
        Assert.Equal((99, 99), (known.DurableCount, (await uidls.ReadAsync(Box, Token)).DurableCount));
        Assert.Empty(known.Against(mails));
    }

    [Fact]
    public async Task A_hundred_full_pages_fit_one_transaction()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var pages = UidlPage.Of(Listed(1, UidlPage.MaxMails * StorageLimits.TransactionRows).Select(Durable));
        Assert.Equal(StorageLimits.TransactionRows, pages.Length);
        Assert.InRange(pages.Max(page => page.Content.Length), 1, StorageLimits.PropertyBytes);
        Assert.InRange(
            pages.Sum(page => Convert.ToBase64String(page.Content.Span).Length + Convert.ToBase64String(page.Times.Span).Length), 1,
            StorageLimits.TransactionBytes);
        await depot.Get<CollectedUidls>().PutAsync(Box, pages, [], Token);
        Assert.Equal(
            UidlPage.MaxMails * StorageLimits.TransactionRows, (await depot.Get<CollectedUidls>().ReadAsync(Box, Token)).DurableCount);
    }

    [Fact]
    public async Task Rows_that_another_process_deleted_do_not_stop_the_rest_from_being_deleted()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var uidls = depot.Get<CollectedUidls>();
        await uidls.PutAsync(Box, Listed(1, 3).SelectMany(mail => UidlPage.Of([Durable(mail)])), [new RefusedMail("refused", 1, 1)], Token);
        var known = await uidls.ReadAsync(Box, Token);
        var other = (await TestDepot.RowsAsync(depot.Storage.Uidls))[1];
        await depot.Storage.Uidls.DeleteEntityAsync(other.PartitionKey, other.RowKey, cancellationToken: Token);
        await uidls.KeepAsync(Box, known, [], Token);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Uidls));
        Assert.Equal(0, known.DurableCount);
    }

    [Fact]
    public void Without_UIDLs_a_page_keeps_mails_whose_sizes_are_listed()
    {
        var (small, large) = (new DurableMail(Digest.Of("small"u8), HasUidl: false, 100), new DurableMail(
            Digest.Of("large"u8), HasUidl: false, 200));
        var known = new KnownMails();
        known.Add(UidlPage.Of([small, large]), []);
        Assert.True(known.MayBeDurable(100));
        var changes = Assert.Single(known.Against([new MailListing("", [1], 200), new MailListing("named", [2], 100)]));
        known.Apply([changes]);
        Assert.Equal([large], Assert.Single(changes.Put).Mails);
        Assert.Single(changes.Gone);
        Assert.Equal(
            (false, true, false, true), (known.IsDurable(small), known.IsDurable(large), known.MayBeDurable(100), known.MayBeDurable(200)));
    }

    private static ScriptedServer Server(params string[] uidls)
    {
        var server = new ScriptedServer();
        server.Mails.AddRange(uidls.Select(uidl => (uidl, Mail(uidl))));
        return server;
    }

    private static MailListing[] Listed(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(number => new MailListing(
            number.ToString(CultureInfo.InvariantCulture), [number], 1_000 + number))];

    private static DurableMail Durable(MailListing mail) =>
        (mail.IfDurable ?? throw new InvalidOperationException("It has no UIDL.")) with { Since = Tickets.Noon };

    private static byte[] Mail(string uidl) => A.Mail().MessageId($"{uidl}@example.com").Bytes();
}
