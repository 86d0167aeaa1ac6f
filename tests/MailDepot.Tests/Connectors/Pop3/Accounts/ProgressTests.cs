using System.Collections.Concurrent;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Host.Commands;
using MailDepot.Host.Terminal;
using MailDepot.Views;
using Spectre.Console;
using static MailDepot.Tests.Connectors.Pop3.Visit.CollectTests;

namespace MailDepot.Tests.Connectors.Pop3.Accounts;

/// <summary>What people see of a running visit in <c>pop3 list</c>, <c>show</c>, <c>queue</c> and a followed poll.</summary>
public sealed class ProgressTests(AzuriteFixture azurite)
{
    /// <summary>The width of <c>Output</c>.</summary>
    private const int Width = 300;

    private readonly ConcurrentQueue<string> said = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_visit_shows_what_is_waiting_collected_and_not_yet_deleted()
    {
        await using var server = new ScriptedServer();
        server.Mails.AddRange(Enumerable.Range(1, 4).Select(i => ($"{i}", A.Mail().MessageId($"{i}@example.com").Bytes())));
        var bytes = server.Mails[0].Mail.Length;
        var (connecting, collecting, deleting) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        (server.HeldBack["greeting"], server.HeldBack["RETR 3"], server.HeldBack["DELE 1"]) = (connecting, collecting, deleting);
        await using var depot = await TestDepot.CreateAsync(await azurite.NextAccountAsync(), more: server.Settings());
        var before = await depot.Get<MailboxAccounts>().FindAsync(DovecotMailbox.Name, Token);
        var following = new FollowedPoll(
            depot.Get<MailboxDirectory>(), TimeProvider.System, said.Enqueue).RunAsync(before, TimeSpan.FromMinutes(1), Token);

        var visit = CollectAsync(depot);
        await IsShownAsync(depot, new(VisitStage.Connecting, 0, 0, 0, 0, 0), "connecting");
        connecting.SetResult();
        await IsShownAsync(
            depot, new(VisitStage.Collecting, 2, 2 * bytes, 2, 2 * bytes, 2),
            $"collecting: 2 collected, 2 ({Output.Size(2 * bytes)}) waiting");
        collecting.SetResult();
        await IsShownAsync(depot, new(VisitStage.Deleting, 0, 0, 4, 4 * bytes, 4), "the server deletes what was collected");
        deleting.SetResult();

        Assert.Equal(4, (await visit).Collected);
        Assert.Equal(new VisitProgress(VisitStage.Idle, 0, 0, 4, 4 * bytes, 0), (await following)!.State.Progress);
        Assert.Equal("4 mails collected.", said.Last());
    }

    private async Task IsShownAsync(TestDepot depot, VisitProgress progress, string line)
    {
        Mailbox mailbox = null!;
        await Eventually.IsTrueAsync(
            async () => (mailbox = await depot.Get<MailboxAccounts>().FindAsync(DovecotMailbox.Name, Token)).State.Progress == progress,
            $"the table has {progress}");
        await Eventually.IsTrueAsync(() => said.LastOrDefault() == line, $"who follows sees '{line}'");

        var now = mailbox.State.Progressed!.Value;
        var queued = QueuedMailbox.Of(mailbox, now);
        Assert.Equal(
            new QueuedMailbox(
                DovecotMailbox.Name, progress.Stage, progress.Waiting, progress.WaitingBytes, progress.Collected, progress.CollectedBytes,
                progress.Undeleted, now),
            queued);
        var listed = ListedMailbox.Of(mailbox, now);
        Assert.Equal(
            (MailboxCondition.Collecting, progress.Waiting, progress.WaitingBytes),
            (listed.Condition, listed.Waiting, listed.WaitingBytes));

        var (waiting, collected, stage) = (MailboxTables.Mails(progress.Waiting, progress.WaitingBytes), MailboxTables.Mails(
            progress.Collected, progress.CollectedBytes), MailboxTables.Word(progress.Stage));
        Assert.Matches($@"^office +127\.0\.0\.1:\d+ +collecting +– +{Pattern(waiting)} ", LastLine(MailboxTables.List([listed], now)));
        Assert.Matches(
            $"^office +{Pattern(waiting)} +{stage} +{Pattern(collected)} +{progress.Undeleted} ", LastLine(MailboxTables.Queue([queued])));
        var shown = Text(MailboxTables.Show(ShownMailbox.Of(mailbox, "a test", now), now));
        Assert.Matches($@"(?m)^state +collecting *$", shown);
        Assert.Matches($@"(?m)^waiting +{Pattern(waiting)} *$", shown);
        Assert.Matches($@"(?m)^visit +{stage}, {Pattern(collected)} collected *$", shown);
        Assert.Matches($@"(?m)^not yet deleted +{progress.Undeleted} *$", shown);
    }

    private static string Pattern(string text) => System.Text.RegularExpressions.Regex.Escape(text);

    private static string LastLine(Table table) => Text(table).TrimEnd().Split('\n')[^1];

    /// <summary>A table as printed.</summary>
    internal static string Text(Table table)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = Width;
        console.Write(table);
        return text.ToString();
    }
}
