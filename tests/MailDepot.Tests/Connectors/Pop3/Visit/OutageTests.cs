using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Host.Serving;
using MailDepot.Host.Worker;
using MailDepot.Mail;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

/// <summary>Storage and connections fail at any moment: no mail is deleted before it is durable, and none is archived twice.</summary>
public sealed class OutageTests(AzuriteFixture azurite, DovecotFixture dovecot) : IClassFixture<DovecotFixture>
{
    /// <summary>A visit makes far fewer calls than this.</summary>
    private const int MoreCallsThanAVisit = 200;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_storage_failure_at_any_call_loses_and_duplicates_nothing(bool afterItWasDone, bool andAllLater)
    {
        var mailboxes = new ConcurrentBag<DovecotMailbox>(); // emptied by each case
        var failed = await SideBySide.EachCallAsync(async call =>
        {
            Assert.True(call < MoreCallsThanAVisit, "A visit never ends.");
            var mailbox = mailboxes.TryTake(out var empty) ? empty : dovecot.NextMailbox();
            var fault = new FaultAt { AndAllLater = andAllLater };
            fault.Reset(0, afterIt: false);
            await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, more: mailbox.Settings());
            var mails = Mails();
            mailbox.Put(mails);
            fault.Reset(call, afterItWasDone);
            await TryAsync(depot);
            var reached = fault.Calls >= call;
            fault.Stop();

            await depot.ArchiveAllAsync();
            var archived = (await depot.LedgerAsync()).Select(receipt => receipt.RawSha256).ToHashSet();
            Assert.Empty(mails.Select(mail => Digest.Of(mail)).Except(mailbox.Mails.Select(mail => Digest.Of(mail))).Except(archived));

            await BreakLeaseAsync(depot);
            await CollectAsync(depot);
            await depot.ArchiveAllAsync();
            Assert.Empty(mailbox.Mails);
            await IsArchivedOnceAsync(depot, mails);
            mailboxes.Add(mailbox);
            return reached;
        });
        Assert.InRange(failed, 10, MoreCallsThanAVisit);
    }

    [Fact]
    public async Task Two_thousand_mails_are_archived_once_each_while_the_connection_is_cut_at_random_and_the_archiver_runs()
    {
        const int Count = 2_000;
        const int Cuts = 8;
        var mailbox = dovecot.NextMailbox();
        var mails = SomeMails(Count);
        mailbox.Put(mails);
        var chance = new Random(Seed: 4);
        await using var proxy = new CuttingProxy(dovecot.Port);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: mailbox.Settings(port: proxy.Port));
        proxy.CutAfter = () => proxy.Cuts < Cuts ? chance.Next(100, 250_000) : null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var archiving = new QueuePump(
            depot.Get<Pipeline>(), depot.Get<Pipeline>().Queues[0], depot.Get<DepotEvents>(), Shutdown.Interactive,
            TimeProvider.System).RunAsync(stop.Token);
        for (var visit = 0; mailbox.Mails.Length > 0; visit++)
        {
            Assert.InRange(visit, 0, Cuts + 1);
            await CollectAsync(depot);
        }

        Assert.Equal(Cuts, proxy.Cuts);

        for (var left = await DepthAsync(); left > 0; left = await DepthAsync())
        {
            await Eventually.IsTrueAsync(async () => await DepthAsync() < left, "the queue gets shorter");
        }

        await stop.CancelAsync();
        await archiving;
        await IsArchivedOnceAsync(depot, mails);

        async Task<int> DepthAsync() => (await depot.Storage.ArchiveQueue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount;
    }

    /// <summary>Inline, spooled, and one that is stored alone.</summary>
    private static byte[][] Mails() => [A.Mail().Bytes(), A.Mail().MessageId("b@example.com").Bytes(), Large(70_000), Large(4_000_000)];

    private static byte[] Large(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        return A.Mail().MessageId($"{size}@example.com").Attachment("a.bin", "application/octet-stream", content).Bytes();
    }

    /// <summary>The pump would retry what throws.</summary>
    internal static async Task TryAsync(TestDepot depot, bool now = true)
    {
        try
        {
            await depot.Get<Pop3Collector>().CollectAsync(DovecotMailbox.Name, now, Token);
        }
        catch (RequestFailedException)
        {
            // storage was unavailable at the beginning or end of the visit
        }
    }

    /// <summary>A lease that could not be released ends by itself after 15 s.</summary>
    internal static async Task BreakLeaseAsync(TestDepot depot)
    {
        try
        {
            await depot.Storage.Leases.GetBlobClient($"pop3/{DovecotMailbox.Name}").GetBlobLeaseClient().BreakAsync(
                TimeSpan.Zero, cancellationToken: Token);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409)
        {
            // there is none
        }
    }
}
