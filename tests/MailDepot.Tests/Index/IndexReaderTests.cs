using MailDepot.Archive;
using MailDepot.Index;
using MailDepot.Ledger;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Index;

public sealed class IndexReaderTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_continue_newest_first_across_minutes_months_and_containers()
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);
        await depot.Storage.CreateAsync(["legal"], Token);
        var expected = new List<Guid>();
        for (var i = 0; i < 23; i++)
        {
            var receipt = await depot.KeepAsync(A.Mail().MessageId($"{i}@example.com").Bytes());
            expected.Insert(0, receipt.Id);
            if (i == 5)
            {
                expected.Insert(0, await InLegalAsync(depot, receipt, clock));
            }

            clock.Advance(i % 4 == 0 ? TimeSpan.FromDays(20) : TimeSpan.FromMilliseconds(7));
        }

        var index = depot.Get<IndexReader>();
        Assert.Equal(expected, await AllAsync(after => index.ListAsync(null, 5, after, Token)));
        Assert.Equal(expected.Count - 1, (await AllAsync(after => index.ListAsync(TestDepot.Container, 5, after, Token))).Count);
        Assert.Equal(expected, await AllAsync(after => index.ListParticipantAsync("ANNA@example.com", null, 4, after, Token)));
    }

    [Fact]
    public async Task Ids_in_a_range_are_found_across_minutes_and_containers_even_those_of_folded_and_deleted_tickets()
    {
        var clock = new FakeTimeProvider(Tickets.Noon - TimeSpan.FromMilliseconds(10));
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);
        await depot.Storage.CreateAsync(["legal"], Token);
        var first = await depot.KeepAsync(A.Mail().MessageId("1@example.com").Bytes());
        clock.Advance(TimeSpan.FromMilliseconds(20)); // the next minute
        var second = await depot.KeepAsync(A.Mail().MessageId("2@example.com").Bytes());
        var legal = await InLegalAsync(depot, second, clock);
        var folded = Guid.CreateVersion7(clock.GetUtcNow());
        await depot.Get<Deliveries>().RememberFoldedAsync(folded, first.Id, Token);
        var deleted = Guid.CreateVersion7(clock.GetUtcNow());
        foreach (var ticket in new[] { deleted, second.Id }) // the second one's deletion was started, but it was released
        {
            await depot.Storage.Deliveries.AddEntityAsync(
                DeliveryRows.Deleted($"{ticket:D}", TestDepot.Container, new LedgerPlace("ledger/x.deletions.jsonl", 0, 1)), Token);
        }

        clock.Advance(TimeSpan.FromMinutes(3));
        await depot.KeepAsync(A.Mail().MessageId("3@example.com").Bytes());

        var index = depot.Get<IndexReader>();
        var (low, high) = (
            Guid.CreateVersion7(Tickets.Noon - TimeSpan.FromSeconds(20)), Guid.CreateVersion7(Tickets.Noon + TimeSpan.FromSeconds(20)));
        Assert.Equal(
            new[] { first.Id, second.Id, legal, folded, deleted }.Order(),
            await index.IdsBetweenAsync(low, high, Token).Order().ToListAsync(Token));
        Assert.Equal([second.Id], await index.IdsBetweenAsync(second.Id, second.Id, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_page_that_is_exactly_full_is_the_last()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.KeepAsync(A.Mail().Bytes());
        Assert.Null((await depot.Get<IndexReader>().ListAsync(null, 1, null, Token)).Next);
    }

    [Fact]
    public async Task A_person_sees_only_mails_in_which_they_have_a_role()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.KeepAsync(A.Mail().To("ben@example.org").Bytes());
        await depot.KeepAsync(A.Mail().To("ben@example.org.evil.example.net, \"ben\"@example.org").Bytes());
        var mail = Assert.Single((await depot.Get<IndexReader>().ListParticipantAsync("ben@example.org", null, 10, null, Token)).Mails);
        Assert.Equal("to", mail.Roles);
    }

    [Fact]
    public async Task Flagged_receipts_are_listed_newest_first_by_flag_and_container_and_each_once()
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);
        await depot.Storage.CreateAsync(["legal"], Token);
        var (uncertain, noReport, legal) = (new List<Guid>(), new List<Guid>(), new List<Guid>());
        var cut = A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(A.Mail()).Bytes()[..^20];
        for (var i = 0; i < 7; i++)
        {
            uncertain.Insert(0, (await depot.KeepAsync([.. cut, (byte)('0' + i)], TestDepot.Journal)).Id);
            clock.Advance(TimeSpan.FromDays(20));
            var plain = await depot.KeepAsync(A.Mail().MessageId($"{i}@example.com").Bytes(), TestDepot.Journal);
            noReport.Insert(0, plain.Id);
            await depot.KeepAsync(A.Mail().MessageId($"{i}@example.com").Bytes());
            if (i == 3)
            {
                legal.Add(await InLegalAsync(depot, plain with { Flags = [ReceiptFlag.Unparsed, ReceiptFlag.NoReport] }, clock));
            }

            clock.Advance(TimeSpan.FromMilliseconds(3));
        }

        var index = depot.Get<IndexReader>();
        Assert.Equal(uncertain, await AllAsync(after => index.ListFlaggedAsync(ReceiptFlag.JournalUncertain, null, 2, after, Token)));
        Assert.Equal(noReport, await AllAsync(after => index.ListFlaggedAsync(ReceiptFlag.NoReport, TestDepot.Container, 3, after, Token)));
        Assert.Equal(legal, await AllAsync(after => index.ListFlaggedAsync(null, "legal", 3, after, Token)));
        Assert.Equal(
            uncertain.Concat(noReport).Concat(legal).OrderDescending(),
            await AllAsync(after => index.ListFlaggedAsync(null, null, 4, after, Token)));
    }

    [Fact]
    public async Task An_address_that_imitates_the_key_of_a_flag_is_not_listed_as_flagged()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.KeepAsync(A.Mail().To("~no-report, \"~no-report\"@example.com").Cc("~no-report").Bytes());
        Assert.Empty((await depot.Get<IndexReader>().ListFlaggedAsync(null, null, 10, null, Token)).Mails);
    }

    /// <summary>The same receipt a little later, in the archive container <c>legal</c>.</summary>
    private static async Task<Guid> InLegalAsync(TestDepot depot, Receipt receipt, FakeTimeProvider clock)
    {
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var other = receipt with { Id = id, DocumentFirst = id, Container = "legal", Received = clock.GetUtcNow() };
        await depot.Get<IndexWriter>().AddAsync(other, await depot.Get<ReceiptLedger>().AppendAsync(other, Token), Token);
        return id;
    }

    private static async Task<List<Guid>> AllAsync(Func<Guid?, Task<MailPage>> pageAfter)
    {
        var ids = new List<Guid>();
        MailPage page;
        Guid? after = null;
        do
        {
            page = await pageAfter(after);
            ids.AddRange(page.Mails.Select(mail => mail.Id));
            after = page.Next;
        }
        while (after is not null);

        return ids;
    }
}
