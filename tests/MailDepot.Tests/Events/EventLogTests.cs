using MailDepot.Events;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Events;

public sealed class EventLogTests(AzuriteFixture azurite)
{
    private readonly FakeTimeProvider clock = new(Tickets.Noon);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_read_back_in_order_without_the_steps()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 350; i++)
        {
            Write(depot, i % 7 == 0 ? EventKind.Step : EventKind.Received, $"{i}");
            clock.Advance(TimeSpan.FromMilliseconds(i % 3));
        }

        await log.FlushAsync(Token);
        var expected = depot.Events.Where(e => e.Kind is not EventKind.Step).ToList();
        Assert.Equal(expected, await ReadAsync(depot, null, int.MaxValue));
        Assert.Equal(expected.TakeLast(5), await ReadAsync(depot, null, 5));
    }

    [Fact]
    public async Task A_mail_that_is_received_and_archived_is_two_lines_with_its_id()
    {
        await using var depot = await CreateAsync();
        await using var log = depot.Get<EventLog>();
        var receipt = await depot.KeepAsync(A.Mail().Bytes());
        await log.FlushAsync(Token);
        Assert.Equal(
            [(EventKind.Received, receipt.Id), (EventKind.Archived, receipt.Id)],
            (await ReadAsync(depot, null, 10)).Select(e => (e.Kind, e.Id)));
    }

    [Fact]
    public async Task Since_a_time_excludes_everything_before_its_second()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var minute = 0; minute < 5; minute++)
        {
            Write(depot, EventKind.Archived, $"{minute}");
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        await log.FlushAsync(Token);
        Assert.Equal(["3", "4"], (await ReadAsync(depot, Tickets.Noon.AddMinutes(3), 100)).Select(e => e.Text));
    }

    [Fact]
    public async Task It_writes_in_the_background_and_the_rest_on_shutdown()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        log.Start();
        Write(depot, EventKind.Archived, "first");
        await Eventually.IsTrueAsync(async () => Advance() && (await ReadAsync(depot, null, 10)).Count == 1, "the first is written");
        Write(depot, EventKind.Archived, "last");
        await log.DisposeAsync();
        Assert.Equal(["first", "last"], (await ReadAsync(depot, null, 10)).Select(e => e.Text));
    }

    [Fact]
    public async Task A_follower_sees_the_last_events_and_then_each_new_one_once()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        foreach (var text in new[] { "old", "last" })
        {
            Write(depot, EventKind.Archived, text);
        }

        await log.FlushAsync(Token);
        var seen = new List<string>();
        await foreach (var e in depot.Get<EventReader>().FollowAsync(null, 1, Token))
        {
            seen.Add(e.Text);
            if (seen.Count == 6)
            {
                break;
            }

            Write(depot, EventKind.Archived, $"new {seen.Count}");
            await log.FlushAsync(Token);
            _ = Eventually.IsTrueAsync(() => Advance() && seen.Count == 6, "the follower has polled");
        }

        Assert.Equal(["last", "new 1", "new 2", "new 3", "new 4", "new 5"], seen);
    }

    [Fact]
    public async Task A_follower_sees_what_another_process_could_only_write_after_an_outage()
    {
        var outage = new FaultAt { AndAllLater = true };
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, outage);
        var others = ActivatorUtilities.CreateInstance<DepotEvents>(depot.Get<IServiceProvider>());
        await using var theirs = new EventLog(depot.Storage, others, clock);
        var ours = depot.Get<EventLog>();
        Write(depot, EventKind.Archived, "before");
        await ours.FlushAsync(Token);
        await using var follower = depot.Get<EventReader>().FollowAsync(null, 1, Token).GetAsyncEnumerator(Token);
        Assert.True(await follower.MoveNextAsync());

        outage.Reset(failing: 1, afterIt: false);
        var next = follower.MoveNextAsync().AsTask();
        await Eventually.IsTrueAsync(() => Advance() && outage.Calls > 0, "the follower meets the outage");
        others.Write(EventKind.Failed, Guid.Empty, "in the outage");
        clock.Advance(TimeSpan.FromMinutes(5));
        outage.Stop();
        Write(depot, EventKind.Recovered, "after it");
        await ours.FlushAsync(Token);
        Assert.Equal("after it", await NextAsync());

        next = follower.MoveNextAsync().AsTask();
        await theirs.FlushAsync(Token);
        Assert.Equal("in the outage", await NextAsync());

        async Task<string> NextAsync()
        {
            await Eventually.IsTrueAsync(() => Advance(milliseconds: 50) && next.IsCompleted, "the follower shows it");
            Assert.True(await next);
            return follower.Current.Text;
        }
    }

    [Fact]
    public async Task A_follower_sees_each_event_of_two_processes_once_even_within_one_second()
    {
        await using var depot = await CreateAsync();
        var others = ActivatorUtilities.CreateInstance<DepotEvents>(depot.Get<IServiceProvider>());
        await using var theirs = new EventLog(depot.Storage, others, clock);
        var ours = depot.Get<EventLog>();
        Write(depot, EventKind.Archived, "last");
        await ours.FlushAsync(Token);
        clock.Advance(TimeSpan.FromSeconds(1));
        await using var follower = depot.Get<EventReader>().FollowAsync(null, 1, Token).GetAsyncEnumerator(Token);
        Assert.True(await follower.MoveNextAsync());

        foreach (var i in Enumerable.Range(1, 3))
        {
            others.Write(EventKind.Received, Guid.Empty, $"theirs {i}");
            Write(depot, EventKind.Received, $"ours {i}");
        }

        await ours.FlushAsync(Token);
        Assert.Equal(["ours 1", "ours 2", "ours 3"], await NextAsync(3));
        await theirs.FlushAsync(Token);
        Write(depot, EventKind.Archived, "end");
        await ours.FlushAsync(Token);
        Assert.Equal(["theirs 1", "theirs 2", "theirs 3", "end"], await NextAsync(4));

        async Task<List<string>> NextAsync(int count)
        {
            var seen = new List<string>();
            while (seen.Count < count)
            {
                var next = follower.MoveNextAsync().AsTask();
                await Eventually.IsTrueAsync(() => Advance(milliseconds: 50) && next.IsCompleted, "the follower shows it");
                Assert.True(await next);
                seen.Add(follower.Current.Text);
            }

            return seen;
        }
    }

    [Fact]
    public async Task While_events_cannot_be_written_mail_is_archived_and_they_are_written_later()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        log.Start();
        await depot.Storage.Events.DeleteAsync(Token);
        var mail = A.Mail().Bytes();
        Assert.Equal(mail, await depot.RawAsync(await depot.KeepAsync(mail)));
        await Assert.ThrowsAnyAsync<Azure.RequestFailedException>(() => log.FlushAsync(Token));
        await Eventually.IsTrueAsync(() => Advance() && depot.Events.Any(e => e.Kind is EventKind.Failed), "the failure is reported");
        await depot.Storage.Events.CreateAsync(Token);
        await Eventually.IsTrueAsync(() => Advance() && depot.Events.Any(e => e.Kind is EventKind.Recovered), "the recovery is reported");
        await log.DisposeAsync();
        Assert.Equal(
            [EventKind.Received, EventKind.Archived, EventKind.Failed, EventKind.Recovered],
            (await ReadAsync(depot, null, 10)).Select(e => e.Kind));
    }

    [Fact]
    public async Task Events_that_come_faster_than_they_can_be_written_are_counted_in_one_line()
    {
        await using var depot = await CreateAsync();
        await using var log = new EventLog(depot.Storage, depot.Get<DepotEvents>(), clock, maxPending: 100);
        for (var i = 0; i < 107; i++)
        {
            Write(depot, EventKind.Received, "x");
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        await log.FlushAsync(Token);
        var last = Assert.Single(await ReadAsync(depot, null, 1));
        Assert.StartsWith("7 events were not kept", last.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_events_are_removed_even_by_two_concurrent_runs()
    {
        await using var depot = await CreateAsync();
        var log = depot.Get<EventLog>();
        for (var i = 0; i < 240; i++)
        {
            Write(depot, EventKind.Received, $"{i}");
            clock.Advance(i % 120 == 0 ? TimeSpan.FromDays(1) : TimeSpan.FromMilliseconds(1));
        }

        await log.FlushAsync(Token);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => depot.Get<OldEvents>().RemoveAsync(Tickets.Noon.AddDays(2), Token)));
        Assert.Equal(Enumerable.Range(121, 119).Select(i => $"{i}"), (await ReadAsync(depot, null, 1_000)).Select(e => e.Text));
    }

    private async Task<TestDepot> CreateAsync() => await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock);

    private static void Write(TestDepot depot, EventKind kind, string text) => depot.Get<DepotEvents>().Write(kind, Guid.Empty, text);

    private static Task<IReadOnlyList<DepotEvent>> ReadAsync(TestDepot depot, DateTimeOffset? since, int count) =>
        depot.Get<EventReader>().ReadAsync(since, count, Token);

    private bool Advance(int milliseconds = 500)
    {
        clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return true;
    }
}
