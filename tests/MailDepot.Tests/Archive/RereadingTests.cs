using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Models;
using MailDepot.Archive;
using MailDepot.Documents;
using MailDepot.Index;
using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Tests.Index;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Archive;

/// <summary>An earlier reader archived some mails, in the real ledger and index; the current reader rereads them.</summary>
public sealed class RereadingTests(AzuriteFixture azurite)
{
    private static readonly byte[] Mail = A.Mail().Subject("Offer").To("ben@example.org").Bytes();

    private static readonly byte[] Report = A.JournalReport().Sender("anna@example.com").To("ben@example.org")
        .Bcc("cleo@example.org", expanded: "all@example.org").Around(Mail).Bytes();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task New_facts_go_into_the_ledger_and_the_rows_and_the_document_stays()
    {
        await using var depot = await StageAsync();
        var (uncertain, count, documents) = (
            await FindAsync(depot, 1), await IndexRepairTests.CountAsync(depot), await depot.DocumentNamesAsync());
        Assert.Equal(2, (await ListAsync(depot, "ghost@example.org")).Count);

        Assert.Equal(3, (await RereadAsync(depot)).Count(one => one.Result is RereadResult.Changed));

        var receipt = await FindAsync(depot, 1);
        Assert.Equal(("Offer", null), (receipt.Mail.Subject, receipt.Doubt));
        Assert.Empty(receipt.Flags);
        Assert.Equal(["ben@example.org", "cleo@example.org"], receipt.Journal!.Recipients.Select(one => one.Address));
        Assert.Equal(
            (uncertain.Id, uncertain.Received, uncertain.Document, uncertain.DocumentFirst, uncertain.DeliveryKey, uncertain.Wrapper),
            (receipt.Id, receipt.Received, receipt.Document, receipt.DocumentFirst, receipt.DeliveryKey, receipt.Wrapper));
        Assert.True(receipt is { Journal: not null, Wrapper: null }); // the document is the report and names hidden recipients
        Assert.Equal(Report, await depot.RawAsync(receipt));
        Assert.Empty(await ListAsync(depot, "ghost@example.org"));
        Assert.Equal([Tickets.Id(2), receipt.Id], (await ListAsync(depot, "all@example.org")).Select(mail => mail.Id));
        Assert.Equal(
            (count.Receipts, count.BytesStored),
            ((await IndexRepairTests.CountAsync(depot)).Receipts, (await IndexRepairTests.CountAsync(depot)).BytesStored));
        Assert.Equal(documents, await depot.DocumentNamesAsync());
        Assert.Equal(3, (await FactsLinesAsync(depot)).Count);
    }

    [Fact]
    public async Task What_is_still_flagged_stays_in_the_list_with_its_current_reason()
    {
        await using var depot = await StageAsync();
        await RereadAsync(depot);

        var flagged = (await depot.Get<IndexReader>().ListFlaggedAsync(null, null, 10, null, Token)).Mails;
        Assert.Equal([(Tickets.Id(3), "no-report"), (Tickets.Id(2), "journal-uncertain")], flagged.Select(mail => (mail.Id, mail.Flags!)));
        Assert.Equal("The report was cut off: its end boundary is missing.", flagged[1].Doubt);
        Assert.All(await RereadAsync(depot), one => Assert.Equal(RereadResult.Same, one.Result));
        Assert.Equal(3, (await FactsLinesAsync(depot)).Count);
    }

    [Fact]
    public async Task Afterwards_a_check_finds_nothing_and_a_rebuild_from_empty_tables_makes_the_same_rows()
    {
        await using var depot = await StageAsync();
        await depot.Get<Counts>().RollUpAsync(TestDepot.Container, Token);
        await RereadAsync(depot);
        var after = (await Inventory.OfRowsAsync(depot), await IndexRepairTests.CountAsync(depot));
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));

        await IndexRepairTests.EmptyAsync(depot);
        await IndexRepairTests.RebuildAsync(depot);

        Assert.Equal(after, (await Inventory.OfRowsAsync(depot), await IndexRepairTests.CountAsync(depot)));
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));
        Assert.Equal("Offer", (await FindAsync(depot, 1)).Mail.Subject);
    }

    [Fact]
    public async Task Rows_with_older_facts_are_reported_and_a_rebuild_keeps_the_latest_facts()
    {
        await using var depot = await StageAsync();
        await RereadAsync(depot);
        var after = await Inventory.OfRowsAsync(depot);
        var old = Older(await FindAsync(depot, 1), 1);
        var place = (await depot.Get<IndexReader>().FindAsync(old.Id, Token))!;
        await depot.Get<IndexWriter>().ChangeAsync(await FindAsync(depot, 1), old, place with { Facts = null }, Token);

        var found = await IndexRepairTests.CheckAsync(depot);
        Assert.Contains(
            found, one => one.Kind is IndexDifferenceKind.ReceiptDiffers && one.Text.Contains("facts place", StringComparison.Ordinal));
        Assert.Contains(found, one => one.Kind is IndexDifferenceKind.Unexplained);
        await IndexRepairTests.RebuildAsync(depot);

        Assert.Equal(after, await Inventory.OfRowsAsync(depot));
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_run_that_fails_at_any_call_is_completed_by_the_next(bool afterItWasDone) =>
        RereadFaults.HoldAsync(StageAsync, RereadAsync, afterItWasDone);

    [Fact]
    public async Task An_altered_document_is_reported_and_changes_nothing()
    {
        await using var depot = await StageAsync();
        var (receipt, before) = (await FindAsync(depot, 1), await Inventory.OfRowsAsync(depot));
        await depot.Storage.Archive(TestDepot.Container).GetBlobClient(receipt.Document.Path)
            .UploadAsync(BinaryData.FromBytes(Tickets.Gzip(Mail)), new BlobUploadOptions(), Token);
        await depot.Storage.Archive(TestDepot.Container).DeleteBlobAsync(
            (await FindAsync(depot, 2)).Document.Path, cancellationToken: Token);

        var failures = (await RereadAsync(depot)).Where(one => one.Result is RereadResult.Failed).OrderBy(one => one.Id)
            .Select(one => one.Doubt!).ToList();

        Assert.Equal(2, failures.Count);
        Assert.Contains($"but the ledger says {receipt.RawSha256}", failures[0], StringComparison.Ordinal);
        Assert.Contains("storage answered 404", failures[1], StringComparison.Ordinal);
        Assert.Equal(before.Without(IsThird), (await Inventory.OfRowsAsync(depot)).Without(IsThird));

        static bool IsThird(string name) => name.Contains(TableKeyOf(3), StringComparison.Ordinal);
    }

    private static string TableKeyOf(int number) => MailDepot.Storage.TableKey.NewestFirst(Tickets.Id(number));

    /// <summary>A report, a truncated one, and a mail that is not a report, on a clock that lets a check examine every row.</summary>
    private async Task<TestDepot> StageAsync(HttpPipelinePolicy? policy = null)
    {
        var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(3)), policy);
        foreach (var (index, mail) in new[] { Report, Report[..^20], A.Mail().Subject("Greetings").Bytes() }.Index())
        {
            await KeepAsOldReaderAsync(depot, mail, index + 1);
        }

        return depot;
    }

    private static Task KeepAsOldReaderAsync(TestDepot depot, byte[] mail, int number) =>
        KeepAsync(depot, mail, number, receipt => Older(receipt, number));

    /// <summary>Archives a mail to a journal address with the receipt that another reader made of it.</summary>
    internal static async Task KeepAsync(TestDepot depot, byte[] mail, int number, Func<Receipt, Receipt> asReadThen)
    {
        var ticket = Tickets.For(mail, number, TestDepot.Journal);
        var payload = await TicketPayload.ReadAsync(Tickets.Inline(ticket, mail), depot.Storage, Token);
        var arrival = await Arrival.ReadAsync(payload, new Destination(TestDepot.Container, Journal: false), Token);
        var receipt = asReadThen(arrival.Receipt);
        var (_, stored) = await depot.Get<DocumentStore>().PutAsync(
            receipt.Container, receipt.Document, new DocumentOwner(receipt.Id, receipt.DeliveryKey), arrival.CompressDocumentAsync, Token);
        receipt = receipt with { Document = receipt.Document with { StoredBytes = stored } };
        await depot.Get<IndexWriter>().AddAsync(receipt, await depot.Get<ReceiptLedger>().AppendAsync(receipt, Token), Token);
    }

    /// <summary>
    /// The receipt as an older reader made it: it could neither decode subjects nor find the mail in a report, and it saw a
    /// recipient who is not there.
    /// </summary>
    internal static Receipt Older(Receipt receipt, int number) => receipt with
    {
        Reader = 1,
        Mail = new MailFacts { Subject = "=?x-old?Q?Offer?=", From = receipt.Mail.From },
        Journal = number == 3
            ? null
            : new JournalEnvelope { Sender = "anna@example.com", Recipients = [new("ghost@example.org", RecipientKind.To)] },
        Flags = number == 3 ? [ReceiptFlag.NoReport] : [ReceiptFlag.Unparsed, ReceiptFlag.JournalUncertain],
        Doubt = number == 3 ? null : "An old reader's doubt.",
    };

    private static async Task<IReadOnlyList<Reread>> RereadAsync(TestDepot depot)
    {
        var results = new List<Reread>();
        await depot.Get<Rereading>().RereadFlaggedAsync(TestDepot.Container, one =>
        {
            lock (results)
            {
                results.Add(one);
            }
        }, Token);
        return results;
    }

    private static async Task<Receipt> FindAsync(TestDepot depot, int number) =>
        await depot.Reader.FindAsync(Tickets.Id(number), Token) ?? throw new InvalidOperationException($"Receipt {number} is not there.");

    private static async Task<IReadOnlyList<ListedMail>> ListAsync(TestDepot depot, string address) =>
        (await depot.Get<IndexReader>().ListParticipantAsync(address, null, 10, null, Token)).Mails;

    private static async Task<IReadOnlyDictionary<Guid, LedgerPlace>> FactsLinesAsync(TestDepot depot) =>
        await depot.Get<ReceiptLedger>().LastFactsAsync(TestDepot.Container, null, Token);
}
