using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>What visits and the schedule recorded about a mailbox; never a secret.</summary>
public sealed record MailboxState
{
    /// <summary>The state of a mailbox that was never polled.</summary>
    public static MailboxState New { get; } = new();

    /// <summary>The account whose UIDLs are in the table <c>Uidls</c>, see <see cref="AccountOf"/>; null before the first visit.</summary>
    public string? Account { get; init; }

    /// <summary>When the last requested poll was due; null if none was requested.</summary>
    public DateTimeOffset? Asked { get; init; }

    /// <summary>When the last visit ended; null if there was none.</summary>
    public DateTimeOffset? Polled { get; init; }

    /// <summary>When a visit last ran to its QUIT, even if some mails need an administrator; null if none did.</summary>
    public DateTimeOffset? Succeeded { get; init; }

    /// <summary>The result of the last visit, as sentences for people.</summary>
    public string? Result { get; init; }

    /// <summary>The last visit reached a limit and requested another.</summary>
    public bool More { get; init; }

    /// <summary>The progress of the running visit, or of the last one.</summary>
    public VisitProgress Progress { get; init; } = new(VisitStage.Idle, 0, 0, 0, 0, 0);

    /// <summary>
    /// When <see cref="Progress"/> was written. A stage other than idle that is older than a minute belongs to a process that died.
    /// </summary>
    public DateTimeOffset? Progressed { get; init; }

    /// <summary>Mails collected in total; visits whose process died are not counted.</summary>
    public long Collected { get; init; }

    /// <summary>The last failure, kept after it is over; null if there was none.</summary>
    public Pop3Failure? Failure { get; init; }

    /// <summary>When the last failed visit ended.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>Failed visits in a row; 0 if the last one succeeded.</summary>
    public int Failures { get; init; }

    /// <summary>When the first of them ended; null if the last visit succeeded.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Failed logins in a row; other failures are not counted.</summary>
    public int FailedLogins { get; init; }

    /// <summary>Changes whenever somebody edits the mailbox; null if nobody has.</summary>
    public string? Edition { get; init; }

    /// <summary>
    /// No login before this time: logins failed and more of them may lock the account, or the server needs a rest. Null for no pause;
    /// an edit of the mailbox ends it.
    /// </summary>
    public DateTimeOffset? PausedUntil { get; init; }

    /// <summary>When the server last confirmed a QUIT; null if it never did, or the mailbox was edited since.</summary>
    public DateTimeOffset? LastQuit { get; init; }

    /// <summary>When it last refused a login soon after a QUIT; null if it never did, or the mailbox was edited since.</summary>
    public DateTimeOffset? TurnedAway { get; init; }

    /// <summary>How the last connection was actually secured; null if there was none.</summary>
    public string? Secured { get; init; }

    /// <summary>The last visit failed.</summary>
    public bool Failing => Failures > 0;

    /// <summary>How long a visit stays with one session. After that more are tried: the refusal may have been an outage.</summary>
    private static readonly TimeSpan OneSessionPeriod = TimeSpan.FromDays(7);

    /// <summary>The server refuses logins soon after another session, so a visit uses one session.</summary>
    public bool OneSession(DateTimeOffset now) => now - TurnedAway < OneSessionPeriod;

    /// <summary>Mails still to be collected.</summary>
    public int Waiting => Progress.Waiting;

    /// <summary>The account of a mailbox: <c>pop.example.com:995 anna</c>. The same UIDL in another account is another mail.</summary>
    public static string AccountOf(MailboxOptions mailbox) => $"{mailbox.Server} {mailbox.User}";

    /// <summary>When the next poll is due; null for at once.</summary>
    public DateTimeOffset? NextDue(MailboxOptions mailbox) =>
        Asked + mailbox.Interval is var next && PausedUntil > next ? PausedUntil : next;
}
