using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Host.Commands;

namespace MailDepot.Tests.Connectors.Pop3.Accounts;

/// <summary>A manual poll, and what people see of it.</summary>
public sealed class PollTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly List<string> said = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_manual_poll_is_queued_at_once_and_ignores_a_pause()
    {
        await using var depot = await DepotAsync();
        await depot.Get<MailboxAccounts>().PollAsync("office", Token);
        var message = Assert.Single((await depot.Storage.Pop3Queue.PeekMessagesAsync(32, Token)).Value);
        Assert.Equal(new PollMessage(1, "office", true), PollMessage.Read(message.Body));
        Assert.Equal(Pop3PollCommand.RequestWaits, message.ExpiresOn - message.InsertedOn); // as the command says
    }

    [Fact]
    public async Task A_poll_that_nobody_takes_up_is_not_waited_for()
    {
        await using var depot = await DepotAsync();
        var before = await depot.Get<MailboxAccounts>().PollAsync("office", Token);
        Assert.Null(await Follow(depot).RunAsync(before, TimeSpan.Zero, Token));
        Assert.Empty(said);
    }

    [Fact]
    public async Task Stages_number_waiting_progress_and_result_are_shown_once_each()
    {
        await using var depot = await DepotAsync();
        var states = depot.Get<MailboxStates>();
        var before = await depot.Get<MailboxAccounts>().PollAsync("office", Token);
        var following = Follow(depot).RunAsync(before, Timeout, Token);
        await StageAsync(new(VisitStage.Connecting, 0, 0, 0, 0, 0), "connecting");
        await StageAsync(new(VisitStage.Collecting, 120, 3_100_000, 0, 0, 0), "collecting: 0 collected, 120 (3.1 MB) waiting");
        await StageAsync(new(VisitStage.Collecting, 20, 100_000, 100, 3_000_000, 50), "collecting: 100 collected, 20 (100.0 KB) waiting");
        await EndAsync(depot, new(VisitStage.Idle, 0, 0, 120, 3_100_000, 0));
        Assert.Equal(120, (await following)!.State.Collected);
        Assert.Equal("120 mails collected.", said[^1]);
        Assert.Equal(4, said.Count);

        async Task StageAsync(VisitProgress progress, string line)
        {
            await states.ProgressedAsync("office", TimeProvider.System.GetUtcNow(), progress, Token);
            await Eventually.IsTrueAsync(() => said is [.., var last] && last == line, line);
        }
    }

    [Fact]
    public async Task After_a_visit_that_reached_its_limit_the_next_one_is_followed()
    {
        await using var depot = await DepotAsync();
        var before = await depot.Get<MailboxAccounts>().PollAsync("office", Token);
        var following = Follow(depot).RunAsync(before, Timeout, Token);
        await EndAsync(depot, new(VisitStage.Idle, 20, 100_000, 120, 3_100_000, 0));
        await Eventually.IsTrueAsync(() => said.Count == 1, "the first result is shown");
        Assert.False(following.IsCompleted);
        await EndAsync(depot, new(VisitStage.Idle, 0, 0, 20, 100_000, 0));
        Assert.Equal(0, (await following)!.State.Waiting);
        Assert.Equal(["120 mails collected.", "20 mails collected."], said);
    }

    [Fact]
    public async Task A_visit_that_was_already_running_is_not_taken_for_the_requested_one()
    {
        await using var depot = await DepotAsync();
        await depot.Get<MailboxStates>().ProgressedAsync(
            "office", TimeProvider.System.GetUtcNow(), new(VisitStage.Collecting, 1, 1_000, 6, 6_000, 0), Token);
        var before = await depot.Get<MailboxAccounts>().PollAsync("office", Token);
        var following = Follow(depot).RunAsync(before, Timeout, Token);
        await EndAsync(depot, new(VisitStage.Idle, 0, 0, 7, 7_000, 0));
        await Eventually.IsTrueAsync(() => said is [.., "7 mails collected."], "the result of the visit under way is shown");
        Assert.False(following.IsCompleted);
        await EndAsync(depot, new(VisitStage.Idle, 0, 0, 1, 1_000, 0));
        Assert.Equal(1, (await following)!.State.Progress.Collected);
        Assert.StartsWith("A visit is under way already", said[0], StringComparison.Ordinal);
        Assert.Equal(["7 mails collected.", "1 mails collected."], said[^2..]);
    }

    [Fact]
    public async Task If_no_visit_follows_one_that_was_already_running_its_result_is_not_shown()
    {
        await using var depot = await DepotAsync();
        await depot.Get<MailboxStates>().ProgressedAsync(
            "office", TimeProvider.System.GetUtcNow(), new(VisitStage.Collecting, 1, 1_000, 6, 6_000, 0), Token);
        var before = await depot.Get<MailboxAccounts>().PollAsync("office", Token);
        await EndAsync(depot, new(VisitStage.Idle, 0, 0, 7, 7_000, 0));
        Assert.Null(await Follow(depot).RunAsync(before, TimeSpan.Zero, Token));
        Assert.Equal("7 mails collected.", said[^1]);
    }

    [Fact]
    public async Task A_backlog_with_a_refused_mail_is_followed_to_its_end_and_no_further()
    {
        await using var depot = await DepotAsync();
        var refused = Pop3Failure.MailsRefused(new MailboxOptions { Host = "pop.example.com" }, 1);
        var before = await depot.Get<MailboxAccounts>().PollAsync("office", Token);
        var following = Follow(depot).RunAsync(before, Timeout, Token);
        await EndAsync(depot, new(VisitStage.Idle, 21, 100_000, 120, 3_100_000, 0), refused, more: true);
        await Eventually.IsTrueAsync(() => said.Count == 1, "the first result is shown");
        Assert.False(following.IsCompleted);
        // that one is still waiting, and no run follows
        await EndAsync(depot, new(VisitStage.Idle, 1, 5_000, 20, 95_000, 0), refused, more: false);
        Assert.Equal((true, 20), ((await following)!.State.Failing, (await following)!.State.Progress.Collected));
        Assert.Equal(["120 mails collected."], said); // the last one is an error, which the verb prints
    }

    private static async Task EndAsync(TestDepot depot, VisitProgress progress, Pop3Failure? failure = null, bool? more = null)
    {
        var states = depot.Get<MailboxStates>();
        var visit = new VisitResult($"{progress.Collected} mails collected.", failure, More: more ?? progress.Waiting > 0, progress);
        await states.PolledAsync(
            "office", TimeProvider.System.GetUtcNow(), visit, await states.ReadAsync("office", Token), pausedUntil: null, secured: null,
            Token);
    }

    private FollowedPoll Follow(TestDepot depot) => new(depot.Get<MailboxDirectory>(), TimeProvider.System, said.Add);

    private async Task<TestDepot> DepotAsync() =>
        await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: new Dictionary<string, string?>
        {
            ["MailDepot:Mailboxes:0:Name"] = "office",
            ["MailDepot:Mailboxes:0:Host"] = "pop.example.com",
            ["MailDepot:Mailboxes:0:User"] = "anna",
            ["MailDepot:Mailboxes:0:PasswordSetting"] = "Passwords:office",
        });
}
