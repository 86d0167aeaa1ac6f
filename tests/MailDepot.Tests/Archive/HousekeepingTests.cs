using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Archive;

public sealed class HousekeepingTests(AzuriteFixture azurite)
{
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_that_did_something_logs_one_line_and_one_that_did_nothing_logs_none()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);
        var log = depot.Get<EventLog>();
        await depot.ReceiveAsync(LargeMail());
        await log.FlushAsync(Token);
        await depot.Get<Housekeeping>().RunAsync(Token);
        Assert.DoesNotContain(depot.Events, e => e.Kind is EventKind.Tidied);

        clock.Advance(TimeSpan.FromDays(31));
        await depot.Get<Housekeeping>().RunAsync(Token);
        await depot.Get<Housekeeping>().RunAsync(Token);
        Assert.Equal(
            "Housekeeping: one mail in the spool was put back on the queue; one event older than 30 days was removed.",
            Assert.Single(depot.Events, e => e.Kind is EventKind.Tidied).Text);
    }

    [Fact]
    public async Task A_part_that_fails_does_not_stop_the_others()
    {
        var fault = new FaultAt { On = uri => uri.AbsolutePath.EndsWith("/spool", StringComparison.Ordinal) };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, fault);
        var log = depot.Get<EventLog>();
        await depot.ReceiveAsync(A.Mail().Bytes());
        await log.FlushAsync(Token);
        clock.Advance(TimeSpan.FromDays(31));
        fault.Reset(1, afterIt: false);
        var failure = await Assert.ThrowsAsync<AggregateException>(() => depot.Get<Housekeeping>().RunAsync(Token));
        Assert.Contains("503", Failure.Describe(failure), StringComparison.Ordinal);
        Assert.Empty(await TestDepot.RowsAsync(depot.Storage.Events));
    }

    [Fact]
    public async Task While_another_process_is_running_it_nothing_is_done()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);
        await depot.ReceiveAsync(LargeMail());
        await depot.Storage.ArchiveQueue.ClearMessagesAsync(Token);
        clock.Advance(TimeSpan.FromDays(1));
        await using (var other = await Lease.TryTakeAsync(depot.Storage.Leases, "housekeeping", clock, Token))
        {
            Assert.NotNull(other);
            await depot.Get<Housekeeping>().RunAsync(Token);
            Assert.Empty(await depot.QueueAsync());
        }

        await depot.Get<Housekeeping>().RunAsync(Token);
        Assert.Single(await depot.QueueAsync());
    }

    private static byte[] LargeMail()
    {
        var mail = new byte[60_000];
        new Random(1).NextBytes(mail);
        return mail;
    }
}
