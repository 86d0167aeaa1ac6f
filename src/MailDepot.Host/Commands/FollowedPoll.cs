using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary>A visit to a mailbox as it is seen from elsewhere: by what stands in the table.</summary>
/// <param name="directory">Has it.</param>
/// <param name="clock">Measures.</param>
/// <param name="say">Told a line for each step, for each visit's result that another follows, and for the last if it is good.</param>
internal sealed class FollowedPoll(MailboxDirectory directory, TimeProvider clock, Action<string> say)
{
    /// <summary>From one look at the table to the next.</summary>
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMilliseconds(250);

    private string last = "";

    /// <summary>Follows the visit that was asked for, after the one that is under way, and those that take up where its time was over.</summary>
    /// <param name="before">The mailbox as it was when it was asked for.</param>
    /// <param name="patience">How long nobody may begin.</param>
    /// <returns>The mailbox after its last visit; null if nobody began the one that was asked for.</returns>
    public async Task<Mailbox?> RunAsync(Mailbox before, TimeSpan patience, CancellationToken ct)
    {
        var another = before.IsCollecting(clock.GetUtcNow());
        if (another)
        {
            Say("A visit is under way already: this follows it, and then the one that was asked for.");
        }

        var after = await VisitAsync(before, patience, ct);
        while (after is not null && (another || after.State.More))
        {
            Say(after.State.Result ?? "");
            var next = await VisitAsync(after, patience, ct);
            if (next is null && !another)
            {
                break; // the result so far stands
            }

            (after, another) = (next, false);
        }

        if (after is { State.Failing: false })
        {
            Say(after.State.Result ?? "");
        }

        return after;
    }

    private async Task<Mailbox?> VisitAsync(Mailbox before, TimeSpan patience, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var now = await directory.FindAsync(before.Name, ct);
            if (now is null)
            {
                throw new AccountException($"Mailbox {before.Name} was removed meanwhile.");
            }

            if (now.State.Polled != before.State.Polled)
            {
                return now;
            }

            if (now.IsCollecting(clock.GetUtcNow()))
            {
                Say(Describe(now.State.Progress));
            }
            else if (clock.GetElapsedTime(started) > patience)
            {
                return null;
            }

            await Task.Delay(LooksEvery, clock, ct);
        }
    }

    private static string Describe(VisitProgress progress) => progress.Stage switch
    {
        VisitStage.Connecting => "connecting",
        VisitStage.LoggingIn => "logging in",
        VisitStage.Listing => "asking what is there",
        VisitStage.Deleting => "the server deletes what was collected",
        _ => $"collecting: {progress.Collected} collected, {MailboxTables.Mails(progress.Waiting, progress.WaitingBytes)} waiting",
    };

    private void Say(string line)
    {
        if (line != last)
        {
            last = line;
            say(line);
        }
    }
}
