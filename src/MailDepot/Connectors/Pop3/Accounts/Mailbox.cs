using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>A mailbox: its settings and its state.</summary>
/// <param name="Configured">
/// It is an entry of <c>MailDepot:Mailboxes</c>, which can't be edited at run time; otherwise it was added at run time.
/// </param>
/// <param name="Enabled">It is collected. Both kinds can be disabled.</param>
public sealed record Mailbox(MailboxOptions Options, bool Configured, bool Enabled, MailboxState State)
{
    /// <summary>A visit that writes no progress for this long has died: it writes every second.</summary>
    private static readonly TimeSpan ProgressTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Why it can't be collected as it is set up; it is not <see cref="Enabled"/> then. Null if nothing prevents it.</summary>
    public Pop3Failure? Obstacle { get; init; }

    /// <inheritdoc cref="MailboxOptions.Name" />
    public string Name => Options.Name;

    /// <summary>When the next poll is due; null if the mailbox is disabled or due at once.</summary>
    public DateTimeOffset? NextDue => !Enabled || State.NextDue(Options) is not { } due ? null
        : due > State.PausedUntil || State.PausedUntil is null ? due
        : State.PausedUntil;

    /// <summary>A visit is running.</summary>
    public bool IsCollecting(DateTimeOffset now) =>
        State.Progress.Stage is not VisitStage.Idle && now - State.Progressed < ProgressTimeout;

    /// <summary>The condition to show.</summary>
    public MailboxCondition Condition(DateTimeOffset now) =>
        IsCollecting(now) ? MailboxCondition.Collecting
        : Obstacle is not null ? MailboxCondition.Unusable
        : !Enabled ? MailboxCondition.Disabled
        : State.Failing ? MailboxCondition.Failing
        : State.Polled is null ? MailboxCondition.NeverPolled
        : MailboxCondition.Ok;
}

/// <summary>The condition of a mailbox, as lists show it.</summary>
public enum MailboxCondition
{
    /// <summary>The last visit succeeded.</summary>
    Ok,

    /// <summary>The last visit failed.</summary>
    Failing,

    /// <summary>Somebody disabled it.</summary>
    Disabled,

    /// <summary>It can't be collected as it is set up, see <see cref="Mailbox.Obstacle"/>.</summary>
    Unusable,

    /// <summary>No visit has ended yet.</summary>
    NeverPolled,

    /// <summary>A visit is running.</summary>
    Collecting,
}
