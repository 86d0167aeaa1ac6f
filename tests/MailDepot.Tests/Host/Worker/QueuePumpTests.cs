using Azure.Storage.Queues;
using MailDepot.Events;
using MailDepot.Host.Serving;
using MailDepot.Host.Worker;
using MailDepot.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Host.Worker;

public sealed class QueuePumpTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_on_the_queue_is_archived_and_completed()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        var mails = Enumerable.Range(0, 40).Select(i => A.Mail().MessageId($"{i}@example.com").Bytes());
        var tickets = await Task.WhenAll(mails.Select(mail => depot.ReceiveAsync(mail)));
        using var pump = Pump(depot);
        await pump.StartAsync(Token);
        await Eventually.IsTrueAsync(
            async () => (await depot.Storage.ArchiveQueue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount == 0,
            "the queue is empty");
        await pump.StopAsync(Token);
        Assert.Equal(tickets.Select(t => t.Id).Order(), (await depot.LedgerAsync()).Select(r => r.Id).Order());
    }

    [Fact]
    public async Task A_message_that_is_not_base64_blocks_nobody_and_ends_in_quarantine()
    {
        var account = await azurite.NextAccountAsync();
        await using var depot = await TestDepot.CreateAsync(account);
        var ticket = await depot.ReceiveAsync(A.Mail().Bytes());
        await new QueueClient(account, "archive").SendMessageAsync("*** not base64 ***", Token);
        using var pump = Pump(depot);
        await pump.StartAsync(Token);
        await Eventually.IsTrueAsync(
            () => depot.Events.Any(e => e.Kind is EventKind.Quarantined) && depot.Events.Any(e => e.Kind is EventKind.Archived),
            "one is archived and one quarantined");
        await pump.StopAsync(Token);
        Assert.NotNull(await depot.Reader.FindAsync(ticket.Id, Token));
        Assert.Equal("*** not base64 ***"u8.ToArray(), (await depot.QuarantinedAsync()).Content);
    }

    [Fact]
    public async Task A_message_that_is_not_base64_is_put_back_without_an_expiry()
    {
        var account = await azurite.NextAccountAsync();
        await using var depot = await TestDepot.CreateAsync(account);
        await new QueueClient(account, "archive").SendMessageAsync("*** not base64 ***", Token);
        await depot.Storage.ArchiveQueue.ReceiveMessagesAsync(1, cancellationToken: Token);
        Assert.Equal(9999, Assert.Single(await depot.QueueAsync()).ExpiresOn!.Value.Year);
    }

    [Fact]
    public async Task A_message_stays_hidden_while_its_work_goes_on_even_after_a_failed_renewal()
    {
        var fault = new FaultAt();
        var clock = new FakeTimeProvider();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        await depot.ReceiveAsync(A.Mail().Bytes());
        var visibility = TimeSpan.FromSeconds(30);
        var message = (await depot.Storage.ArchiveQueue.ReceiveMessageAsync(visibility, Token)).Value;
        var hidden = new HiddenMessage(depot.Storage.ArchiveQueue, message, clock);
        using var stop = new CancellationTokenSource();
        fault.Reset(1, afterIt: false);
        var renewing = hidden.RenewAsync(visibility, stop.Token);
        await Eventually.IsTrueAsync(
            () =>
            {
                clock.Advance(visibility / 2);
                return fault.Calls >= 3;
            },
            "it was renewed again after the first time failed");
        await stop.CancelAsync();
        await renewing;
        await hidden.DeleteAsync(Token); // with the last pop receipt
        Assert.Equal(0, (await depot.Storage.ArchiveQueue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
        await hidden.DeleteAsync(Token); // a message that is gone already is no error
    }

    [Fact]
    public void The_lease_of_a_dead_process_has_ended_when_its_message_comes_back() =>
        Assert.InRange(Lease.Duration, TimeSpan.Zero, Pipeline.Visibility / 2); // a message is hidden again at each half

    [Fact]
    public async Task A_screen_that_fails_does_not_stop_the_mail()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        depot.Get<DepotEvents>().Written += (_, _) => throw new IOException("The disk is full.");
        var mail = A.Mail().Bytes();
        Assert.Equal(mail, await depot.RawAsync(await depot.KeepAsync(mail)));
    }

    [Fact]
    public async Task A_ticket_that_fails_is_logged_and_tried_again()
    {
        var fault = new FaultAt();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        var ticket = await depot.ReceiveAsync(A.Mail().Bytes());
        fault.On = uri => uri.AbsolutePath.Contains("/archive-default/", StringComparison.Ordinal);
        fault.Reset(1, afterIt: false);
        using var pump = Pump(depot);
        await pump.StartAsync(Token);
        await Eventually.IsTrueAsync(() => depot.Events.Any(e => e.Kind is EventKind.Archived), "it is archived");
        await pump.StopAsync(Token);
        var failed = Assert.Single(depot.Events, e => e.Kind is EventKind.Failed);
        Assert.Equal(ticket.Id, failed.Id);
        Assert.Contains("503", failed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ticket_that_waits_comes_back_when_the_pump_stops()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync());
        await depot.Storage.ArchiveQueue.SendMessageAsync(BinaryData.FromString("{\"v\":2}\nlater"), cancellationToken: Token);
        using var pump = Pump(depot);
        await pump.StartAsync(Token);
        await Eventually.IsTrueAsync(() => depot.Events.Any(e => e.Kind is EventKind.Waiting), "it waits");
        await pump.StopAsync(Token);
        await Eventually.IsTrueAsync(async () => (await depot.QueueAsync()).Length == 1, "the ticket is on the queue again");
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
    }

    [Fact]
    public async Task An_outage_of_the_queue_is_logged_once_and_so_is_its_end()
    {
        var fault = new FaultAt { On = uri => uri.AbsolutePath.Contains("/archive/messages", StringComparison.Ordinal) };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), policy: fault);
        fault.Reset(1, afterIt: false);
        fault.AndAllLater = true;
        using var pump = Pump(depot);
        await pump.StartAsync(Token);
        await Eventually.IsTrueAsync(() => fault.Calls > 3, "the queue was asked again");
        fault.Stop();
        await Eventually.IsTrueAsync(() => depot.Events.Any(e => e.Kind is EventKind.Recovered), "the log says that the queue can be read");
        await pump.StopAsync(Token);
        var failed = depot.Events.Where(e => e.Kind is EventKind.Failed);
        Assert.Single(failed, e => e.Text.StartsWith("The queue archive can't be read", StringComparison.Ordinal));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));
    }

    [Fact]
    public async Task After_five_attempts_a_ticket_is_put_aside_and_rescued_and_archived_when_the_fault_is_gone()
    {
        var fault = new FaultAt
        {
            On = uri => uri.AbsolutePath.Contains("/archive-default/", StringComparison.Ordinal),
            AndAllLater = true,
        };
        var lapse = new TimeLapse();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), null, fault, lapse);
        var ticket = await depot.ReceiveAsync(A.Mail().Bytes());
        fault.Reset(1, afterIt: false);
        using var pump = Pump(depot);
        await pump.StartAsync(Token);
        await Eventually.IsTrueAsync(() => Rescues().Count() >= 2, "it was rescued twice");
        fault.Stop();
        await Eventually.IsTrueAsync(() => depot.Events.Any(e => e.Kind is EventKind.Archived), "it is archived");
        await pump.StopAsync(Token);

        var before = depot.Events.TakeWhile(e => !e.Text.Contains("put aside", StringComparison.Ordinal));
        Assert.Equal(QueueWork.MaxAttempts, before.Count(e => e.Kind is EventKind.Failed) + 1);
        Assert.Equal(StorageLimits.NeverExpires, lapse.Puts("archive-poison")[0].Lives);
        Assert.Equal([TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2)], Rescues().Take(2));
        Assert.NotNull(await depot.Reader.FindAsync(ticket.Id, Token));
        Assert.Empty(await TestDepot.BlobNamesAsync(depot.Storage.Quarantine));

        IEnumerable<TimeSpan> Rescues() => lapse.Puts("archive").Select(put => put.Hidden).Where(hidden => hidden > TimeSpan.Zero);
    }

    private static PipelineWorker Pump(TestDepot depot) =>
        new(depot.Get<Pipeline>(), depot.Get<DepotEvents>(), Shutdown.Interactive, TimeProvider.System);
}
