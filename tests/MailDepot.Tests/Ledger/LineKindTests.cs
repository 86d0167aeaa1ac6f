using System.Text;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Archive;
using MailDepot.Ledger;
using MailDepot.Tests.Index;

namespace MailDepot.Tests.Ledger;

/// <summary>Later versions may write lines of further kinds: readers of the ledger skip these, and nothing else.</summary>
public sealed class LineKindTests(AzuriteFixture azurite)
{
    private const string Hold = """{"hold":"case 7","v":1,"receipts":[{"deliveryKey":"x"}]}""";
    private const string Checked = """{"v":3,"kind":"reconciled","id":"019ab0dc-1201-7000-8000-000000000001"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("0000.jsonl")]
    [InlineData("0000.facts.jsonl")]
    [InlineData("0000.deletions.jsonl")]
    [InlineData("0000.holds.jsonl")]
    public async Task Every_reader_of_the_ledger_skips_lines_of_an_unknown_kind(string file)
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.KeepAsync(A.Mail().Bytes());
        var flagged = await depot.KeepAsync("no report"u8.ToArray(), TestDepot.Journal);
        await depot.Get<ReceiptLedger>().AppendAsync(LaterFacts.Of(flagged), Token);
        await IndexRepairTests.RebuildAsync(depot);
        var (rows, lines) = (await Inventory.OfRowsAsync(depot), (await depot.LedgerAsync()).Select(Text).ToList());

        await AppendAsync(depot, $"ledger/2020/01/01/00/early-{file}", $"{Hold}\n{Checked}\n");
        await AppendAsync(depot, $"ledger/2090/01/01/00/late-{file}", $"{Checked}\n{Hold}\n");
        Assert.Equal(lines, (await depot.LedgerAsync()).Select(Text));
        Assert.Equal(flagged.Id, Assert.Single(await depot.Get<ReceiptLedger>().LastFactsAsync(TestDepot.Container, null, Token)).Key);
        Assert.Empty(await depot.Get<ReceiptLedger>().LastDeletionsAsync(TestDepot.Container, null, Token));
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));
        await IndexRepairTests.EmptyAsync(depot);
        await IndexRepairTests.RebuildAsync(depot);
        Assert.Equal(rows, await Inventory.OfRowsAsync(depot));
        var reread = new List<Reread>();
        await depot.Get<Rereading>().RereadFlaggedAsync(TestDepot.Container, reread.Add, Token);
        Assert.Equal(RereadResult.Same, Assert.Single(reread).Result);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("\"text\"")]
    [InlineData("{\"hold\":\"case 7\"")]
    [InlineData("{\"hold\":\"case 7\"}}")]
    [InlineData("{\"v\":1,\"deliveryKey\":\"x\"}")]
    public void A_damaged_line_is_not_taken_for_another_kind(string line)
    {
        Assert.Throws<InvalidDataException>(() => LedgerLine.ReadOrSkip(Encoding.UTF8.GetBytes(line)));
        Assert.Null(LedgerLine.TryRead(Encoding.UTF8.GetBytes(line)));
    }

    [Fact]
    public void The_known_kinds_skip_each_other()
    {
        var deleted = LedgerLine.Write(new DeletedTicket
        {
            Name = "n",
            Container = "c",
            Time = default,
            Why = "w",
            Quarantined = default,
            Reason = "r",
            Sentence = "s",
        });
        Assert.StartsWith("{\"deleted\":\"n\",", Encoding.UTF8.GetString(deleted), StringComparison.Ordinal);
        Assert.Null(LedgerLine.ReadOrSkip(deleted));
        Assert.Null(LedgerLine.ReadFactsOrSkip(deleted));
        Assert.NotNull(LedgerLine.ReadDeletedOrSkip(deleted));
    }

    private static string Text(Receipt receipt) => Encoding.UTF8.GetString(LedgerLine.Write(receipt));

    private static async Task AppendAsync(TestDepot depot, string name, string lines)
    {
        var blob = depot.Storage.Archive(TestDepot.Container).GetAppendBlobClient(name);
        await blob.CreateAsync(cancellationToken: Token);
        await blob.AppendBlockAsync(new MemoryStream(Encoding.UTF8.GetBytes(lines)), cancellationToken: Token);
    }
}
