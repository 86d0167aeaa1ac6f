using System.Diagnostics.Metrics;
using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Connectors.Pop3.Visit;

public sealed class ScheduleTests(AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_mailbox_gets_one_message_per_interval_however_often_the_clock_ticks()
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, more: Two());
        Assert.Equal(["often", "seldom"], await AskedAsync(depot));
        Assert.Empty(await AskedAsync(depot));
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(await AskedAsync(depot));
        clock.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(["often"], await AskedAsync(depot));
        clock.Advance(TimeSpan.FromSeconds(53)); // a late tick does not delay the next message
        Assert.Equal(["often"], await AskedAsync(depot));
        clock.Advance(TimeSpan.FromHours(5)); // nor do missed ones add up
        Assert.Equal(["often", "seldom"], await AskedAsync(depot));
        Assert.Empty(await AskedAsync(depot));
    }

    [Fact]
    public async Task A_shorter_interval_takes_effect_at_once()
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        var account = await azurite.NextAccountAsync();
        await using var before = await TestDepot.CreateAsync(account, clock, more: Two());
        await AskedAsync(before);
        var settings = Two();
        settings["MailDepot:Mailboxes:1:Interval"] = "00:00:30";
        await using var after = await TestDepot.CreateAsync(account, clock, more: settings);
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("seldom", Assert.Single(await after.Get<Pop3Schedule>().DueAsync(Token)).Name);
    }

    [Fact]
    public async Task A_message_lives_for_one_interval()
    {
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: Two());
        await depot.Get<Pop3Schedule>().RunAsync(Token);
        var messages = (await depot.Storage.Pop3Queue.ReceiveMessagesAsync(32, cancellationToken: Token)).Value;
        Assert.Equal([TimeSpan.FromMinutes(3), TimeSpan.FromHours(1)], messages.Select(m => (m.ExpiresOn - m.InsertedOn)!.Value));
    }

    [Fact]
    public async Task A_request_that_nothing_repeats_lives_for_minutes_however_short_the_interval()
    {
        var settings = Two();
        settings["MailDepot:Mailboxes:0:Interval"] = "00:00:10";
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: settings);
        await depot.Get<MailboxAccounts>().PollAsync("often", Token);
        var message = Assert.Single((await depot.Storage.Pop3Queue.PeekMessagesAsync(32, Token)).Value);
        Assert.True(message.ExpiresOn - message.InsertedOn >= TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task Each_run_publishes_the_state_of_every_mailbox_even_a_paused_one_and_that_it_ran()
    {
        var clock = new FakeTimeProvider(Tickets.Noon);
        var calls = new FaultAt();
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), clock, calls, more: Two());
        var measured = new List<string>();
        var mine = new AsyncLocal<bool> { Value = true }; // other tests record metrics, too
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (mine.Value)
            {
                measured.Add($"{tags[0].Value} {(tags.Length > 1 ? tags[1].Value : value)}");
            }
        });
        listener.EnableMeasurementEvents(Telemetry.MailboxFailing);
        listener.EnableMeasurementEvents(Telemetry.JobRuns);
        await depot.Get<Pipeline>().RunAsync("PollPop3", Token);
        Assert.Equal(["often 0", "seldom 0", "PollPop3 ok"], measured);

        measured.Clear();
        var (states, now) = (depot.Get<MailboxStates>(), clock.GetUtcNow());
        var failed = new VisitResult(
            "", Pop3Failure.Login(new MailboxOptions(), ""), More: false, new VisitProgress(VisitStage.Idle, 0, 0, 0, 0, 0));
        await states.PolledAsync("often", now, failed, MailboxState.New, pausedUntil: now.AddHours(4), secured: null, Token);
        clock.Advance(TimeSpan.FromHours(3));
        await depot.Get<Pipeline>().RunAsync("PollPop3", Token);
        Assert.Equal(["often 1", "seldom 0", "PollPop3 ok"], measured);

        measured.Clear();
        await depot.Get<MailboxAccounts>().EnableAsync("often", enabled: false, Token);
        await depot.Get<Pipeline>().RunAsync("PollPop3", Token);
        Assert.Equal(["often 0", "seldom 0", "PollPop3 ok"], measured);

        measured.Clear();
        calls.Reset(failing: 1, afterIt: false);
        await depot.Get<Pipeline>().RunAsync("PollPop3", Token);
        Assert.Equal(["PollPop3 failed"], measured);
    }

    private static async Task<string[]> AskedAsync(TestDepot depot)
    {
        await depot.Get<Pop3Schedule>().RunAsync(Token);
        var messages = (await depot.Storage.Pop3Queue.ReceiveMessagesAsync(32, cancellationToken: Token)).Value;
        foreach (var message in messages)
        {
            await depot.Storage.Pop3Queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
        }

        return [.. messages.Select(message => PollMessage.Read(message.Body)!.Mailbox)];
    }

    private static Dictionary<string, string?> Two() => new(StringComparer.Ordinal)
    {
        ["MailDepot:Mailboxes:0:Name"] = "often",
        ["MailDepot:Mailboxes:0:Host"] = "pop.example.com",
        ["MailDepot:Mailboxes:0:User"] = "anna",
        ["MailDepot:Mailboxes:0:PasswordSetting"] = "Passwords:anna",
        ["MailDepot:Mailboxes:0:Interval"] = "00:01:00",
        ["MailDepot:Mailboxes:1:Name"] = "seldom",
        ["MailDepot:Mailboxes:1:Host"] = "pop.example.com",
        ["MailDepot:Mailboxes:1:User"] = "ben",
        ["MailDepot:Mailboxes:1:PasswordSetting"] = "Passwords:ben",
        ["MailDepot:Mailboxes:1:Interval"] = "01:00:00",
    };
}
