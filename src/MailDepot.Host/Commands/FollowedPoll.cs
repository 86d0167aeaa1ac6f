using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary>Follows another process's visit to a mailbox by reading the mailbox's row in the table.</summary>
/// <param name="directory">The mailboxes' table.</param>
/// <param name="clock">For the patience and the delays.</param>
/// <param name="say">Gets a line per step, the result of each visit before the last, and the last result if it succeeded.</param>
internal sealed class FollowedPoll(MailboxDirectory directory, TimeProvider clock, Action<string> say)
{
    /// <summary>How often the table is read.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private string last = "";

    /// <summary>Follows a visit already under way, then the requested one, then those that continue where it ran out of time.</summary>
    /// <param name="before">The mailbox as it was when the visit was requested.</param>
    /// <param name="patience">How long to wait for a visit to begin.</param>
    /// <returns>The mailbox after its last visit; null if the requested one did not begin in time.</returns>
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

            await Task.Delay(PollInterval, clock, ct);
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
