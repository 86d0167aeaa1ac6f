using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>A mailbox: how it is collected, and what is known of it.</summary>
/// <param name="Options">How it is collected.</param>
/// <param name="Configured">It is an entry of <c>MailDepot:Mailboxes</c>, which can't be changed at run time; else a person added it.</param>
/// <param name="Enabled">It is collected; both kinds can be disabled.</param>
/// <param name="State">What its visits came to.</param>
public sealed record Mailbox(MailboxOptions Options, bool Configured, bool Enabled, MailboxState State)
{
    /// <summary>A visit that tells nothing for so long has died: it tells how far it is every few seconds.</summary>
    private static readonly TimeSpan Alive = TimeSpan.FromMinutes(1);

    /// <summary>Why it can't be collected as it is, whatever people say: it is not enabled then. Null if nothing is in the way.</summary>
    public Pop3Failure? Obstacle { get; init; }

    /// <summary>What it is called here.</summary>
    public string Name => Options.Name;

    /// <summary>When it will be asked for next; null if it is disabled, or is due at once.</summary>
    public DateTimeOffset? NextDue => Enabled && State.NextDue(Options) is { } due ? due > State.PausedUntil || State.PausedUntil is null ? due : State.PausedUntil : null;

    /// <summary>A visit is under way.</summary>
    public bool IsCollecting(DateTimeOffset now) => State.Progress.Stage is not VisitStage.Idle && now - State.Progressed < Alive;

    /// <summary>How it is, in one word.</summary>
    public MailboxCondition Condition(DateTimeOffset now) =>
        IsCollecting(now) ? MailboxCondition.Collecting
        : Obstacle is not null ? MailboxCondition.Unusable
        : !Enabled ? MailboxCondition.Disabled
        : State.Failing ? MailboxCondition.Failing
        : State.Polled is null ? MailboxCondition.NeverPolled
        : MailboxCondition.Ok;
}

/// <summary>How a mailbox is.</summary>
public enum MailboxCondition
{
    /// <summary>Its last visit went well.</summary>
    Ok,

    /// <summary>Its last visit did not.</summary>
    Failing,

    /// <summary>A person said that it should not be collected.</summary>
    Disabled,

    /// <summary>It can't be collected as it is: <see cref="Mailbox.Obstacle"/> says why.</summary>
    Unusable,

    /// <summary>Nobody has visited it yet.</summary>
    NeverPolled,

    /// <summary>Somebody is there.</summary>
    Collecting,
}
