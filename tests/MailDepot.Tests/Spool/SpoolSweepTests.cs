using MailDepot.Spool;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Spool;

public sealed class SpoolSweepTests(AzuriteFixture azurite)
{
    /// <summary>Blobs get their times from Azurite's clock; ours starts at the same time and is advanced by the tests.</summary>
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_orphaned_blob_is_requeued_after_an_hour_after_four_and_then_daily()
    {
        await using var depot = await OrphanAsync();
        var requeued = new List<double>();
        for (var minutes = 0; minutes < 60 * 24 * 3; minutes += 10)
        {
            if (await depot.Get<SpoolSweep>().RunAsync(Token) > 0)
            {
                requeued.Add(minutes / 60.0);
            }

            clock.Advance(TimeSpan.FromMinutes(10));
        }

        Assert.Equal([1, 4, 28, 52], requeued.Select(hours => Math.Floor(hours)));
        Assert.Equal(requeued.Count, (await depot.QueueAsync()).Length);
        await depot.ArchiveAllAsync();
        Assert.Single(await TestDepot.RowsAsync(depot.Storage.Receipts));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Spool));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
    }

    [Fact]
    public async Task Concurrent_sweeps_put_one_ticket_on_the_queue()
    {
        await using var depot = await OrphanAsync();
        clock.Advance(TimeSpan.FromMinutes(61));
        var requeued = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => depot.Get<SpoolSweep>().RunAsync(Token)));
        Assert.Equal(1, requeued.Sum());
        Assert.Single(await depot.QueueAsync());
    }

    [Fact]
    public async Task A_message_that_could_not_be_sent_is_sent_by_a_later_sweep_and_the_blob_stays()
    {
        var fault = new FaultAt { On = uri => uri.AbsolutePath.EndsWith("/messages", StringComparison.Ordinal) };
        await using var depot = await OrphanAsync(fault);
        clock.Advance(TimeSpan.FromMinutes(61));
        fault.Reset(1, afterIt: false);
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => depot.Get<SpoolSweep>().RunAsync(Token));
        fault.Stop();
        clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal(1, await depot.Get<SpoolSweep>().RunAsync(Token));
        Assert.Single(await TestDepot.BlobNamesAsync(depot.Storage.Spool));
    }

    private async Task<TestDepot> OrphanAsync(FaultAt? fault = null)
    {
        var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault);
        var mail = new byte[60_000];
        new Random(1).NextBytes(mail);
        await depot.ReceiveAsync(mail);
        await depot.Storage.ArchiveQueue.ClearMessagesAsync(Token);
        return depot;
    }
}
