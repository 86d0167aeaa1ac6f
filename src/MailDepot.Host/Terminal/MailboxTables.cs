using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Views;
using Spectre.Console;

namespace MailDepot.Host.Terminal;

/// <summary>Mailboxes as people see them, in the verbs and in the picture of <c>up</c>.</summary>
internal static class MailboxTables
{
    private const string None = "–";

    /// <summary>One line per mailbox: its state, what waits, what went wrong.</summary>
    public static Table List(IReadOnlyList<ListedMailbox> mailboxes, DateTimeOffset now)
    {
        var table = Output.Columns("mailbox", "server", "state", "last success", "waiting", "collected", "next run", "last result");
        foreach (var cells in Cells(mailboxes, now))
        {
            table.Row(cells);
        }

        return table;
    }

    /// <summary>The cells of each line.</summary>
    public static IEnumerable<string[]> Cells(IReadOnlyList<ListedMailbox> mailboxes, DateTimeOffset now)
    {
        foreach (var mailbox in mailboxes)
        {
            yield return
            [
                mailbox.Name, mailbox.Server is [':', ..] ? None : mailbox.Server, Word(mailbox.Condition), Time(mailbox.Succeeded),
                Waiting(mailbox.Waiting, mailbox.WaitingBytes, mailbox.Substitutes), $"{mailbox.Collected}",
                Next(mailbox.Enabled, mailbox.NextDue, now),
                mailbox.Obstacle?.Sentence ?? (mailbox.Failures > 0 ? Failure(mailbox) : mailbox.Result ?? ""),
            ];
        }
    }

    /// <summary>One line per mailbox: what waits, what is on its way, what is still to be deleted.</summary>
    public static Table Queue(IReadOnlyList<QueuedMailbox> mailboxes)
    {
        var table = Output.Columns("mailbox", "waiting", "visit", "collected by it", "not yet deleted", "as of");
        foreach (var row in mailboxes)
        {
            table.Row(
                row.Name, Mails(row.Waiting, row.WaitingBytes), row.Stage is VisitStage.Idle ? None : Word(row.Stage),
                Mails(row.Collected, row.CollectedBytes), $"{row.Undeleted}", Time(row.AsOf));
        }

        return table;
    }

    /// <summary>Everything about a mailbox, one line per fact.</summary>
    public static Table Show(ShownMailbox mailbox, DateTimeOffset now)
    {
        var (options, state, progress) = (mailbox.Settings, mailbox.State, mailbox.State.Progress);
        var table = Output.Facts();
        table.Fact("mailbox", $"{options.Name}, {(mailbox.Configured ? "from the configuration" : "added at run time")}");
        table.Fact("state", Word(mailbox.Condition));
        table.Fact("not collected", mailbox.Obstacle?.Sentence);
        table.Fact("way out", mailbox.Obstacle?.WayOut);
        table.Fact("server", $"{Server(options)}, {Word(options.Security)}{(state.Secured is { } secured ? $" (last: {secured})" : "")}");
        table.Fact("certificate", options.Certificate is { Length: > 0 } file ? $"trusted: {file}" : null);
        table.Fact("fingerprint", options.Fingerprint is { Length: > 0 } fingerprint ? fingerprint : null);
        table.Fact("user", $"{options.User}, logs in by {Word(options.Authentication)}");
        table.Fact("password", $"in {mailbox.PasswordIn}");
        table.Fact("archive container", options.Container + (options.Journal ? ", journal reports are split" : ""));
        table.Fact(
            "interval", $"{options.Interval}, at most {options.MaxMailsPerRun} mails and {Output.Size(options.MaxBytesPerRun)} a run");
        table.Fact("on the server", options.LeaveOnServer ? "mails stay there: it grows"
            : options.DeleteAfter > 0 ? $"mails stay there for {(options.DeleteAfter == 1 ? "a day" : $"{options.DeleteAfter} days")}"
            : null);
        table.Fact("health check", options.HealthUrl.Length > 0 ? $"GET {options.HealthUrl} after each successful collection" : null);
        table.Fact("sessions", state.OneSession(now)
            ? $"one per visit: on {Time(state.TurnedAway)} the server refused a second one so soon after the first"
            : null);
        table.Fact("next run", Next(mailbox.Enabled, mailbox.NextDue, now));
        table.Fact("last visit", state.Polled is null ? null : $"{Time(state.Polled)}: {state.Result}");
        table.Fact("last success", Time(state.Succeeded));
        table.Fact("waiting", Waiting(state.Waiting, progress.WaitingBytes, progress.Substitutes));
        table.Fact("visit", mailbox.Condition is MailboxCondition.Collecting
            ? $"{Word(progress.Stage)}, {Mails(progress.Collected, progress.CollectedBytes)} collected"
            : null);
        table.Fact("not yet deleted", $"{progress.Undeleted}");
        table.Fact("collected", $"{state.Collected} in all");
        table.Fact("failing since", state.FailingSince is null ? null : $"{Time(state.FailingSince)}, {Times(state.Failures)}");
        var pause = state.FailedLogins > 0
            ? "so that failed logins do not lock the account"
            : "because the server reported a temporary problem";
        table.Fact("paused until", state.PausedUntil > now
            ? $"{Time(state.PausedUntil)}, {pause}; `maildepot pop3 poll {options.Name}` tries at once"
            : null);
        table.Fact("last error", state.Failure is null
            ? null
            : $"{Time(state.FailedAt)}{(state.Failing ? "" : " (resolved)")}: {state.Failure.Sentence}");
        table.Fact("the server said", state.Failure?.ServerReply);
        table.Fact("way out", state.Failing && mailbox.Obstacle is null ? state.Failure?.WayOut : null);
        return table;
    }

    /// <summary>A number of mails, and their size unless there are none.</summary>
    public static string Mails(int count, long bytes) => count == 0 ? "0" : $"{count} ({Output.Size(bytes)})";

    /// <summary>An enum's value for people: <c>logging in</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => DepotJson.Word(value).Replace('-', ' ');

    private static string Waiting(int mails, long bytes, int substitutes) =>
        Mails(mails, bytes) + (substitutes > 0 ? $", {substitutes} sent as substitutes" : "");

    private static string Failure(ListedMailbox mailbox) =>
        $"{Time(mailbox.FailedAt)}, {Times(mailbox.Failures)}: {mailbox.Failure?.Sentence ?? mailbox.Result}";

    private static string Server(MailboxOptions options) => options.Host.Length == 0 ? None : $"{options.Host}:{options.Port}";

    private static string Next(bool enabled, DateTimeOffset? due, DateTimeOffset now) => !enabled ? None : due > now ? Time(due) : "now";

    private static string Times(int count) => count == 1 ? "once" : $"{count} times";

    private static string Time(DateTimeOffset? time) => time is { } some ? Output.Time(some) : None;
}
