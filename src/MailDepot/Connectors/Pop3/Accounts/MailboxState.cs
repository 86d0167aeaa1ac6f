using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>What is known of a mailbox; never a secret.</summary>
public sealed record MailboxState
{
    /// <summary>Of a mailbox that was never polled.</summary>
    public static MailboxState New { get; } = new();

    /// <summary>Whose UIDLs the table <c>Uidls</c> has under its name, <see cref="AccountOf"/>; null before the first visit.</summary>
    public string? Account { get; init; }

    /// <summary>When its last poll was due; null if it never was.</summary>
    public DateTimeOffset? Asked { get; init; }

    /// <summary>When its last visit ended; null if there was none.</summary>
    public DateTimeOffset? Polled { get; init; }

    /// <summary>When a visit last ran to its QUIT, also one that left single mails to a person; null if none did.</summary>
    public DateTimeOffset? Succeeded { get; init; }

    /// <summary>What the last visit came to: sentences for people.</summary>
    public string? Result { get; init; }

    /// <summary>It ended because visits are bounded, and asked for the next one.</summary>
    public bool More { get; init; }

    /// <summary>How far the visit is that is under way, or how far the last one came.</summary>
    public VisitProgress Progress { get; init; } = new(VisitStage.Idle, 0, 0, 0, 0, 0);

    /// <summary>When <see cref="Progress"/> was written: a stage other than idle which is older than a minute belongs to a process that died.</summary>
    public DateTimeOffset? Progressed { get; init; }

    /// <summary>Mails collected in all; a visit whose process died is not in it.</summary>
    public long Collected { get; init; }

    /// <summary>What went wrong last; stays when it is over. Null if nothing ever did.</summary>
    public Pop3Failure? Failure { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>Visits that failed one after the other, up to the last; 0 if that went well.</summary>
    public int Failures { get; init; }

    /// <summary>When the first of them ended; null if the last visit went well.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Logins that failed, with none between that did not; whatever else failed is not counted here.</summary>
    public int FailedLogins { get; init; }

    /// <summary>Another one whenever a person changed the mailbox; null if nobody did.</summary>
    public string? Edition { get; init; }

    /// <summary>Until then nobody logs in: logins failed, and more of them may lock the account, or the server needs a rest. Null: at any time, also after a person changed the mailbox.</summary>
    public DateTimeOffset? PausedUntil { get; init; }

    /// <summary>When the server last said yes to our QUIT; null if it never did, or a person changed the mailbox.</summary>
    public DateTimeOffset? LastQuit { get; init; }

    /// <summary>When it last did not let us in so soon after that; null if it always did, or a person changed the mailbox.</summary>
    public DateTimeOffset? TurnedAway { get; init; }

    /// <summary>The security that the last connection really had; null if none was made.</summary>
    public string? Secured { get; init; }

    /// <summary>The last visit did not go well.</summary>
    public bool Failing => Failures > 0;

    /// <summary>A second session is tried again only after this: the cut may have been an outage, and each try costs a login.</summary>
    private static readonly TimeSpan StaysAway = TimeSpan.FromDays(7);

    /// <summary>Its server lets nobody in soon after another: a visit is one session.</summary>
    public bool OneSession(DateTimeOffset now) => now - TurnedAway < StaysAway;

    /// <summary>Mails still to be collected.</summary>
    public int Waiting => Progress.Waiting;

    /// <summary>The account that a mailbox leads to, <c>pop.example.com:995 anna</c>. In another the same UIDL is another mail.</summary>
    public static string AccountOf(MailboxOptions mailbox) => $"{mailbox.Host}:{mailbox.Port} {mailbox.User}";

    /// <summary>When the next poll is due: at once if there was none.</summary>
    public DateTimeOffset? NextDue(MailboxOptions mailbox) => Asked + mailbox.Interval is var next && PausedUntil > next ? PausedUntil : next;
}
