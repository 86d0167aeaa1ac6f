using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Tests.Archive;

/// <summary>Mails that share a queue message share nothing else.</summary>
public sealed class BundleTests(AzuriteFixture azurite)
{
    private const int Mails = 5;

    private readonly FaultAt fault = new();
    private readonly TimeLapse lapse = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fault_at_any_call_leaves_every_mail_archived_once(bool afterItWasDone)
    {
        var calls = await RunAsync(0, afterItWasDone);
        Assert.True(calls > Mails * 2, $"Only {calls} calls to storage.");
        await SideBySide.EachAsync(Enumerable.Range(1, calls), call => RunAsync(call, afterItWasDone));
    }

    [Fact]
    public async Task A_mail_that_fails_is_put_back_alone_and_its_neighbours_are_archived()
    {
        await using var depot = await CreateAsync();
        var mails = MakeMails();
        fault.On = uri => uri.AbsolutePath.Contains(Digest.Of(mails[2]).ToString(), StringComparison.Ordinal);
        (fault.AndAllLater, var tickets) = (true, TicketsOf(mails));
        fault.Reset(1, afterIt: false);
        await depot.Archiver.ArchiveAsync(TicketBundle.Pack(tickets), Token);

        Assert.Equal(tickets[2], Assert.Single(await depot.QueueAsync()).Body.ToArray());
        Assert.Equal(Tickets.Id(2), Assert.Single(depot.Events, e => e.Kind is EventKind.Failed).Id);
        Assert.Equal(Mails - 1, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
        Assert.All(
            lapse.Puts("archive"),
            put => Assert.True(put.Hidden > TimeSpan.Zero && put.Lives == MailDepot.Storage.StorageLimits.NeverExpires));

        fault.Stop();
        await depot.ArchiveAllAsync();
        Assert.Equal(mails[2], await depot.RawAsync((await depot.Reader.FindAsync(Tickets.Id(2), Token))!));
    }

    [Fact]
    public async Task If_the_queue_fails_too_the_whole_bundle_is_retried()
    {
        await using var depot = await CreateAsync();
        var bundle = TicketBundle.Pack(TicketsOf(MakeMails()));
        fault.AndAllLater = true;
        fault.Reset(1, afterIt: false);
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => depot.Archiver.ArchiveAsync(bundle, Token));
        fault.Stop();
        await depot.Archiver.ArchiveAsync(bundle, Token);
        Assert.Equal(Mails, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
    }

    [Fact]
    public async Task A_bad_ticket_goes_to_quarantine_alone()
    {
        await using var depot = await CreateAsync();
        var tickets = TicketsOf(MakeMails());
        tickets[1] = Tickets.Inline(Tickets.For(A.Mail().Bytes(), 1), "altered"u8.ToArray());
        await depot.Archiver.ArchiveAsync(TicketBundle.Pack(tickets), Token);

        var (reason, _, content) = await depot.QuarantinedAsync();
        Assert.Equal(nameof(QuarantineReason.HashMismatch), reason);
        Assert.Equal(tickets[1], content);
        Assert.Equal(Mails - 1, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
        Assert.Empty(await depot.QueueAsync());
    }

    [Fact]
    public async Task The_same_delivery_twice_in_a_bundle_is_archived_once()
    {
        await using var depot = await CreateAsync();
        var mail = A.Mail().Bytes();
        await depot.Archiver.ArchiveAsync(
            TicketBundle.Pack([.. Enumerable.Range(0, 4).Select(number => Tickets.Inline(Tickets.For(mail, number), mail))]), Token);
        await depot.ArchiveAllAsync();
        Assert.Single(await TestDepot.RowsAsync(depot.Storage.Receipts));
        Assert.Equal(3, depot.Events.Count(e => e.Kind is EventKind.Duplicate));
    }

    [Fact]
    public async Task A_poisoned_bundle_is_rescued_ticket_by_ticket()
    {
        await using var depot = await CreateAsync();
        var tickets = TicketsOf(MakeMails());
        await depot.Get<PoisonRescue>().RescueAsync(TicketBundle.Pack(tickets), Token);

        var messages = (await depot.QueueAsync()).Select(message => message.Body.ToArray()).ToList();
        Assert.Equal(tickets, messages.Select(message => RescueMark.Strip(message)));
        Assert.All(messages, message => Assert.Equal(1, RescueMark.Read(message)!.Number));
        await depot.ArchiveAllAsync();
        Assert.Equal(Mails, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
    }

    private async Task<TestDepot> CreateAsync() =>
        await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault, behind: lapse);

    /// <summary>Processes a bundle until the queue is empty; returns the number of storage calls of the first attempt.</summary>
    private async Task<int> RunAsync(int call, bool afterItWasDone)
    {
        var failing = new FaultAt();
        failing.Stop();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: failing, behind: new TimeLapse());
        var mails = MakeMails();
        await depot.Storage.ArchiveQueue.SendMessageAsync(
            BinaryData.FromBytes(TicketBundle.Pack(TicketsOf(mails))), cancellationToken: Token);
        var calls = 0;
        while (await depot.Storage.ArchiveQueue.ReceiveMessageAsync(cancellationToken: Token) is { Value: { } message })
        {
            failing.Reset(calls == 0 ? call : 0, afterItWasDone);
            await depot.Archiver.ArchiveAsync(message.Body.ToMemory(), Token);
            calls = calls == 0 ? failing.Calls : calls;
            failing.Stop();
            await depot.Storage.ArchiveQueue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
        }

        Assert.Equal(
            Enumerable.Range(0, Mails).Select(Tickets.Id), (await depot.LedgerAsync()).Select(receipt => receipt.Id).Distinct().Order());
        Assert.Equal(Mails, (await TestDepot.RowsAsync(depot.Storage.Receipts)).Count);
        Assert.Equal(Mails, (await depot.DocumentNamesAsync()).Count);
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
        return calls;
    }

    private static List<byte[]> MakeMails() =>
        [.. Enumerable.Range(0, Mails).Select(number => A.Mail().Subject($"number {number}").Bytes())];

    private static List<byte[]> TicketsOf(IEnumerable<byte[]> mails) =>
        [.. mails.Select((mail, number) => Tickets.Inline(Tickets.For(mail, number), mail))];
}
