using System.Text;
using Azure.Core.Pipeline;
using MailDepot.Archive;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Tests.Index;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Archive;

/// <summary>What an earlier reader read, flagged or not, is reread once by the current one.</summary>
public sealed class RereadOlderTests(AzuriteFixture azurite)
{
    private static readonly byte[] Report = A.JournalReport().Sender("anna@example.com").To("ben@example.org").Around(A.Mail()).Bytes();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_receipt_of_an_earlier_reader_is_reread_once_and_no_other()
    {
        var calls = new FaultAt { On = uri => uri.AbsolutePath.Contains("/documents/", StringComparison.Ordinal) };
        await using var depot = await StageAsync(calls);

        var results = await RereadAsync(depot);

        Assert.Equal(
            [(Tickets.Id(1), RereadResult.Changed), (Tickets.Id(2), RereadResult.Changed), (Tickets.Id(3), RereadResult.Same)],
            results.OrderBy(one => one.Id).Select(one => (one.Id, one.Result)));
        var changed = (await depot.Reader.FindAsync(Tickets.Id(2), Token))!;
        Assert.Equal(("Offer", MailReader.Version), (changed.Mail.Subject, changed.Reader));
        Assert.Equal(2, (await depot.Get<ReceiptLedger>().LastFactsAsync(TestDepot.Container, null, Token)).Count);
        Assert.Empty(await IndexRepairTests.CheckAsync(depot));

        calls.Reset(0, false);
        Assert.Empty(await RereadAsync(depot));
        Assert.Equal(0, calls.Calls);
    }

    [Fact]
    public async Task A_ledger_line_says_which_reader_read_the_mail_and_one_that_does_not_was_read_by_the_first()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var line = LedgerLine.Write(await depot.KeepAsync(A.Mail().Bytes()));
        var (text, reader) = (Encoding.UTF8.GetString(line), $",\"reader\":{MailReader.Version}");
        Assert.Contains(reader, text, StringComparison.Ordinal);
        var old = LedgerLine.Read(Encoding.UTF8.GetBytes(text.Replace(reader, "", StringComparison.Ordinal)));
        Assert.Equal(1, old.Reader);
        Assert.True(LaterFacts.Of(old).SameAs(LaterFacts.Of(LedgerLine.Read(line))));
    }

    [Fact]
    public async Task An_interrupted_run_continues_where_it_stopped()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(5));
        await using var depot = await StageAsync(clock: clock);
        clock.Advance(TimeSpan.FromHours(1)); // the ledger starts another file
        await RereadingTests.KeepAsync(depot, A.Mail().Subject("later").Bytes(), 9, receipt => RereadingTests.Older(receipt, 3));
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => depot.Get<Rereading>().RereadOlderAsync(
            TestDepot.Container, one => (one.Id == Tickets.Id(9) ? interrupt : null)?.Cancel(), interrupt.Token));

        Assert.DoesNotContain(await RereadAsync(depot), one => one.Id != Tickets.Id(9));
        Assert.Empty(await RereadAsync(depot));
    }

    [Fact]
    public async Task A_file_that_may_still_grow_is_searched_again()
    {
        await using var depot = await StageAsync(clock: TimeProvider.System);
        Assert.Equal(3, (await RereadAsync(depot)).Count);
        await RereadingTests.KeepAsync(depot, A.Mail().Subject("an old worker's").Bytes(), 9, receipt => RereadingTests.Older(receipt, 3));
        Assert.Contains(Tickets.Id(9), (await RereadAsync(depot)).Select(one => one.Id));
    }

    [Fact]
    public async Task A_receipt_that_could_not_be_read_is_retried_by_the_next_run()
    {
        await using var depot = await StageAsync();
        var receipt = (await depot.Reader.FindAsync(Tickets.Id(2), Token))!;
        var document = depot.Storage.Archive(TestDepot.Container).GetBlobClient(receipt.Document.Path);
        var kept = (await document.DownloadContentAsync(Token)).Value.Content;
        await document.DeleteAsync(cancellationToken: Token);
        Assert.Equal(Tickets.Id(2), Assert.Single(await RereadAsync(depot), one => one.Result is RereadResult.Failed).Id);
        Assert.Equal(RereadResult.Failed, Assert.Single(await RereadAsync(depot)).Result);

        await document.UploadAsync(
            kept, new Azure.Storage.Blobs.Models.BlobUploadOptions { HttpHeaders = new() { ContentEncoding = "gzip" } }, Token);
        Assert.Equal((Tickets.Id(2), RereadResult.Changed), Assert.Single((await RereadAsync(depot)).Select(one => (one.Id, one.Result))));
        Assert.Empty(await RereadAsync(depot));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_run_that_fails_at_any_call_is_completed_by_the_next(bool afterItWasDone) =>
        RereadFaults.HoldAsync(
            fault => StageAsync(fault), RereadAsync, afterItWasDone, thenAsync: async depot => Assert.Empty(await RereadAsync(depot)));

    /// <summary>Three mails from an earlier reader (flagged, not flagged, and read as today) and one from the current reader.</summary>
    private async Task<TestDepot> StageAsync(HttpPipelinePolicy? policy = null, TimeProvider? clock = null)
    {
        var depot = await TestDepot.CreateAsync(
            await azurite.NextAccountAsync(), clock ?? new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(5)), policy);
        await RereadingTests.KeepAsync(depot, Report, 1, receipt => RereadingTests.Older(receipt, 1));
        await RereadingTests.KeepAsync(
            depot, A.Mail().MessageId("2@example.com").Bytes(), 2,
            receipt => RereadingTests.Older(receipt, 2) with { Flags = [], Doubt = null, Journal = null });
        await RereadingTests.KeepAsync(depot, A.Mail().MessageId("3@example.com").Bytes(), 3, receipt => receipt with { Reader = 1 });
        await RereadingTests.KeepAsync(depot, A.Mail().MessageId("4@example.com").Bytes(), 4, receipt => receipt);
        return depot;
    }

    private static async Task<IReadOnlyList<Reread>> RereadAsync(TestDepot depot)
    {
        var results = new List<Reread>();
        await depot.Get<Rereading>().RereadOlderAsync(TestDepot.Container, one =>
        {
            lock (results)
            {
                results.Add(one);
            }
        }, Token);
        return results;
    }
}
