using System.Globalization;
using Azure.Data.Tables;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Index;

/// <summary>
/// Check and rebuild on what the archiver wrote: a mail, two reports of one mail, one of them again, the mail on its own, a
/// truncated report, and retries.
/// </summary>
public sealed class IndexRepairTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_index_as_the_archiver_wrote_it_has_no_differences()
    {
        await using var depot = await StageAsync();
        Assert.Empty(await CheckAsync(depot));
    }

    [Fact]
    public async Task After_the_lines_a_run_reports_the_rows_it_examines()
    {
        await using var depot = await StageAsync();
        var steps = new List<RepairProgress>();
        var done = await depot.Get<IndexRepair>().RebuildAsync(TestDepot.Container, _ => { }, steps.Add, Token);
        var first = steps.FindIndex(step => step.SweptRows > 0);
        Assert.Equal(steps.Count - 1, first); // there are fewer than a thousand
        Assert.Equal((0, steps[first].LedgerBytes), (steps[first - 1].SweptRows, steps[first - 1].WalkedBytes));
        Assert.Equal(
            (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count + (await TestDepot.RowsAsync(depot.Storage.Participants)).Count,
            done.SweptRows);
    }

    [Fact]
    public async Task Emptied_tables_are_rebuilt_to_the_same_rows_and_counts()
    {
        await using var depot = await StageAsync();
        await depot.Get<Counts>().RollUpAsync(TestDepot.Container, Token);
        var before = (await Inventory.OfRowsAsync(depot), await CountAsync(depot));
        await EmptyAsync(depot);
        Assert.NotEmpty(await CheckAsync(depot));

        await RebuildAsync(depot);
        Assert.Equal(before, (await Inventory.OfRowsAsync(depot), await CountAsync(depot)));
        Assert.Empty(await CheckAsync(depot));
        Assert.True((await RebuildAsync(depot)).Differences == 0);
    }

    [Fact]
    public async Task Every_row_points_to_the_first_line_of_its_receipt()
    {
        await using var depot = await StageAsync();
        var receipt = (await depot.LedgerAsync())[0];
        var first = await AppendAsync(depot, "ledger/2020/01/01/00/elder-0000.jsonl", LedgerLine.Write(receipt));
        Assert.Empty(await CheckAsync(depot));
        await RebuildAsync(depot);
        Assert.Equal(first, IndexRows.Place(await RowAsync(depot, receipt)));
        await EmptyAsync(depot);
        await RebuildAsync(depot);
        Assert.Equal(first, IndexRows.Place(await RowAsync(depot, receipt)));
    }

    [Theory]
    [InlineData(IndexDifferenceKind.ReceiptMissing)]
    [InlineData(IndexDifferenceKind.ReceiptDiffers)]
    [InlineData(IndexDifferenceKind.ParticipantMissing)]
    [InlineData(IndexDifferenceKind.ParticipantDiffers)]
    [InlineData(IndexDifferenceKind.DeliveryMissing)]
    [InlineData(IndexDifferenceKind.Unexplained)]
    [InlineData(IndexDifferenceKind.SumWrong)]
    public async Task Each_difference_is_reported_and_repaired(IndexDifferenceKind kind)
    {
        await using var depot = await StageAsync();
        await depot.Get<Counts>().RollUpAsync(TestDepot.Container, Token);
        var before = (await Inventory.OfRowsAsync(depot), await CountAsync(depot));
        await DamageAsync(depot, kind);

        Assert.Contains(await CheckAsync(depot), difference => difference.Kind == kind);
        await RebuildAsync(depot);
        Assert.Empty(await CheckAsync(depot));
        Assert.Equal(before, (await Inventory.OfRowsAsync(depot), await CountAsync(depot)));
    }

    [Fact]
    public async Task A_ledger_place_that_belongs_to_another_receipt_is_reported_and_repaired()
    {
        await using var depot = await StageAsync();
        var receipts = (await depot.LedgerAsync()).DistinctBy(r => r.Id).ToList();
        var (row, other) = (await RowAsync(depot, receipts[0]), await RowAsync(depot, receipts[1]));
        var place = IndexRows.Place(row);
        row["LedgerOffset"] = other["LedgerOffset"];
        row["LedgerLength"] = other["LedgerLength"];
        await depot.Storage.Receipts.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);
        Assert.Contains("ledger place", Assert.Single(await CheckAsync(depot)).Text, StringComparison.Ordinal);
        await RebuildAsync(depot);
        Assert.Equal(place, IndexRows.Place(await RowAsync(depot, receipts[0])));
    }

    [Fact]
    public async Task A_missing_document_and_an_unreadable_line_are_reported_and_stay()
    {
        await using var depot = await StageAsync();
        var document = (await depot.DocumentNamesAsync())[0];
        await depot.Storage.Archive(TestDepot.Container).DeleteBlobAsync(document, cancellationToken: Token);
        await AppendAsync(depot, "ledger/2020/01/01/00/torn-0000.jsonl", "{\"v\":1,\n"u8.ToArray());
        await DamageAsync(depot, IndexDifferenceKind.Unexplained);

        var found = await CheckAsync(depot);
        Assert.Equal(
            [IndexDifferenceKind.DocumentMissing, IndexDifferenceKind.LineUnreadable], found.Select(d => d.Kind).Distinct().Order());
        Assert.Contains(document, found.First(d => d.Kind is IndexDifferenceKind.DocumentMissing).Text, StringComparison.Ordinal);
        var rows = (await TestDepot.RowsAsync(depot.Storage.Participants)).Count;
        await RebuildAsync(depot);
        Assert.Equal(rows, (await TestDepot.RowsAsync(depot.Storage.Participants)).Count);
    }

    [Fact]
    public async Task A_row_younger_than_an_hour_is_left_alone()
    {
        await using var depot = await StageAsync(TimeProvider.System);
        await DamageAsync(depot, IndexDifferenceKind.Unexplained);
        Assert.Empty(await CheckAsync(depot));
    }

    [Fact]
    public async Task An_existing_delivery_row_is_authoritative()
    {
        await using var depot = await StageAsync();
        var row = (await TestDepot.RowsAsync(depot.Storage.Deliveries))[0];
        row["Receipt"] = Tickets.Id(77);
        await depot.Storage.Deliveries.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);
        await RebuildAsync(depot);
        var after = await depot.Storage.Deliveries.GetEntityAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: Token);
        Assert.Equal(Tickets.Id(77), DeliveryRows.Receipt(after));
    }

    [Fact]
    public async Task The_row_of_a_folded_ticket_is_not_a_difference_and_survives_a_rebuild()
    {
        await using var depot = await StageAsync();
        var again = A.Mail().Subject("plain").Bytes(); // the first scene's
        await depot.Archiver.ArchiveAsync(Tickets.Inline(Tickets.For(again, 50), again), Token);
        Assert.Empty(await CheckAsync(depot));
        await RebuildAsync(depot);
        Assert.Equal(Tickets.Id(1), await depot.Get<MailDepot.Archive.Deliveries>().FoldedIntoAsync(Tickets.Id(50), Token));
    }

    [Fact]
    public async Task In_half_empty_tables_each_row_is_repaired_once()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        const int Mails = 60;
        for (var i = 0; i < Mails; i++)
        {
            await depot.ReceiveAsync(A.Mail().MessageId($"{i}@example.com").From($"person{i}@example.com").Bytes());
        }

        await depot.ArchiveAllAsync();
        var before = await Inventory.OfRowsAsync(depot);
        var rows = await TestDepot.RowsAsync(depot.Storage.Participants);
        foreach (var row in rows.Where(row => row.PartitionKey.Contains("person", StringComparison.Ordinal)))
        {
            var number = int.Parse(row.PartitionKey.Split("person")[1].Split('@')[0], CultureInfo.InvariantCulture);
            if (number % 20 < 15)
            {
                await depot.Storage.Participants.DeleteEntityAsync(row, cancellationToken: Token);
            }
            else
            {
                row["Subject"] = "Otherwise";
                await depot.Storage.Participants.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);
            }
        }

        var found = new List<IndexDifference>();
        await depot.Get<IndexRepair>().RebuildAsync(TestDepot.Container, found.Add, _ => { }, Token);
        Assert.Equal(before, await Inventory.OfRowsAsync(depot));
        Assert.Equal(Mails / 20 * 15, found.Count(d => d.Kind is IndexDifferenceKind.ParticipantMissing));
        Assert.Equal(Mails / 20 * 5, found.Count(d => d.Kind is IndexDifferenceKind.ParticipantDiffers));
    }

    [Fact]
    public async Task A_rebuild_from_emptied_tables_while_mail_arrives_misses_none()
    {
        await using var depot = await StageAsync(TimeProvider.System);
        await EmptyAsync(depot);
        var receiving = ReceiveMailAsync(depot);
        while (!receiving.IsCompleted)
        {
            await RebuildAsync(depot);
        }

        await receiving;
        Assert.Empty(await CheckAsync(depot));
        var ids = (await depot.LedgerAsync()).Select(r => r.Id).ToHashSet();
        Assert.Equal(ids.Count, (await CountAsync(depot)).Receipts);
        Assert.Equal(ids, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Select(row => TableKey.Id(row.RowKey)).ToHashSet());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rebuild_that_fails_at_any_call_is_completed_by_the_next(bool afterItWasDone)
    {
        var fault = new FaultAt();
        fault.Stop();
        await using var depot = await StageAsync(policy: fault);
        await depot.Get<Counts>().RollUpAsync(TestDepot.Container, Token);
        var (rows, count) = (await Inventory.OfRowsAsync(depot), await CountAsync(depot));
        for (var (call, step) = (1, 1); ; call += step++)
        {
            await EmptyAsync(depot);
            fault.Reset(call, afterItWasDone);
            var failed = await Record.ExceptionAsync(() => RebuildAsync(depot)) is not null;
            fault.Stop();
            await RebuildAsync(depot);
            (await Inventory.OfRowsAsync(depot)).AssertIs(rows, $"call {call}");
            Assert.Equal((call, count), (call, await CountAsync(depot)));
            if (!failed)
            {
                break;
            }
        }

        Assert.Empty(await CheckAsync(depot));
    }

    private static async Task ReceiveMailAsync(TestDepot depot)
    {
        for (var i = 0; i < 40; i++)
        {
            await depot.KeepAsync(A.Mail().MessageId($"{i}@example.com").Bytes());
        }
    }

    /// <summary>Archives the scenes on a clock that is ahead of the storage's, so that all rows are older than an hour.</summary>
    private async Task<TestDepot> StageAsync(TimeProvider? clock = null, Azure.Core.Pipeline.HttpPipelinePolicy? policy = null)
    {
        var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), clock ?? new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(3)), policy);
        var mail = A.Mail().Bytes();
        byte[] Report(string id, string to) =>
            A.JournalReport().Id(id).Sender("anna@example.com").To(to).Bcc("list@example.org").Around(mail).Bytes();
        (byte[] Mail, string Recipient)[] scenes =
        [
            (A.Mail().Subject("plain").Bytes(), TestDepot.Office),
            (Report("1@journal", "ben@example.org"), TestDepot.Journal),
            (Report("2@journal", "carl@example.org"), TestDepot.Journal),
            (Report("2@journal", "carl@example.org"), TestDepot.Journal),
            (mail, TestDepot.Office),
            (Report("3@journal", "ben@example.org")[..^80], TestDepot.Journal),
        ];
        for (var i = 0; i < scenes.Length; i++)
        {
            var message = Tickets.Inline(Tickets.For(scenes[i].Mail, i + 1, scenes[i].Recipient), scenes[i].Mail);
            await depot.Archiver.ArchiveAsync(message, Token);
            if (i % 2 == 0)
            {
                await depot.Archiver.ArchiveAsync(message, Token);
            }
        }

        return depot;
    }

    private static async Task DamageAsync(TestDepot depot, IndexDifferenceKind kind)
    {
        var (receipts, participants, deliveries) = (depot.Storage.Receipts, depot.Storage.Participants, depot.Storage.Deliveries);
        switch (kind)
        {
            case IndexDifferenceKind.ReceiptMissing or IndexDifferenceKind.ParticipantMissing or IndexDifferenceKind.DeliveryMissing:
                var table = kind is IndexDifferenceKind.ReceiptMissing ? receipts
                    : kind is IndexDifferenceKind.ParticipantMissing ? participants
                    : deliveries;
                await table.DeleteEntityAsync((await TestDepot.RowsAsync(table))[0], cancellationToken: Token);
                break;
            case IndexDifferenceKind.ReceiptDiffers or IndexDifferenceKind.ParticipantDiffers:
                var changed = kind is IndexDifferenceKind.ReceiptDiffers ? receipts : participants;
                var row = (await TestDepot.RowsAsync(changed))[0];
                row["Subject"] = "Otherwise";
                await changed.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);
                break;
            case IndexDifferenceKind.Unexplained:
                await receipts.AddEntityAsync(
                    new TableEntity(IndexRows.ReceiptPartition(TestDepot.Container, Tickets.Noon), TableKey.NewestFirst(Tickets.Id(99))),
                    Token);
                await participants.AddEntityAsync(
                    new TableEntity(
                        IndexRows.ParticipantPartition(TestDepot.Container, "ghost@example.com", Tickets.Noon),
                        TableKey.NewestFirst(Tickets.Id(99))),
                    Token);
                break;
            default:
                var hour = (await TestDepot.RowsAsync(depot.Storage.Containers)).First(
                    r => r.RowKey.StartsWith("hour|", StringComparison.Ordinal));
                hour["Receipts"] = 1_000L;
                await depot.Storage.Containers.UpdateEntityAsync(hour, hour.ETag, TableUpdateMode.Replace, Token);
                break;
        }
    }

    internal static async Task<List<IndexDifference>> CheckAsync(TestDepot depot)
    {
        var found = new List<IndexDifference>();
        var walked = await depot.Get<IndexRepair>().CheckAsync(TestDepot.Container, found.Add, _ => { }, Token);
        Assert.Equal(walked.Differences, found.Count);
        return found;
    }

    internal static Task<RepairProgress> RebuildAsync(TestDepot depot) =>
        depot.Get<IndexRepair>().RebuildAsync(TestDepot.Container, _ => { }, _ => { }, Token);

    internal static Task<ContainerCount> CountAsync(TestDepot depot) => depot.Get<Counts>().OfAsync(TestDepot.Container, Token);

    internal static async Task EmptyAsync(TestDepot depot)
    {
        var storage = depot.Storage;
        foreach (var table in new[] { storage.Receipts, storage.Participants, storage.Deliveries, storage.Containers })
        {
            foreach (var row in await TestDepot.RowsAsync(table))
            {
                await table.DeleteEntityAsync(row, cancellationToken: Token);
            }
        }
    }

    private static async Task<TableEntity> RowAsync(TestDepot depot, Receipt receipt) =>
        await depot.Storage.Receipts.GetEntityAsync<TableEntity>(
        IndexRows.ReceiptPartition(receipt.Container, receipt.Received), TableKey.NewestFirst(receipt.Id), cancellationToken: Token);

    private static async Task<LedgerPlace> AppendAsync(TestDepot depot, string name, byte[] line)
    {
        var blob = depot.Storage.Archive(TestDepot.Container).GetAppendBlobClient(name);
        await blob.CreateAsync(cancellationToken: Token);
        await blob.AppendBlockAsync(new MemoryStream(line), cancellationToken: Token);
        return new LedgerPlace(name, 0, line.Length);
    }
}
