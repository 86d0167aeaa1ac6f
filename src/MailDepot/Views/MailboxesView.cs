using System.Collections.Immutable;
using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Views;

/// <summary>A mailbox in a list: how it is, what waits in it, and what went wrong last.</summary>
public sealed record ListedMailbox
{
    /// <summary>What it is called in lists, tickets and receipts.</summary>
    public required string Name { get; init; }

    /// <summary>How it is, in one word.</summary>
    public required MailboxCondition Condition { get; init; }

    /// <summary>It is an entry of <c>MailDepot:Mailboxes</c>; else a person added it.</summary>
    public required bool Configured { get; init; }

    /// <summary>It is collected.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Host and port; without a host where this version can't read the settings.</summary>
    public required string Server { get; init; }

    /// <summary>A <see cref="MailboxSecurity"/> as the settings spell it.</summary>
    public required string Security { get; init; }

    /// <summary>The login name.</summary>
    public required string User { get; init; }

    /// <summary>The archive container its mails go to.</summary>
    public required string Container { get; init; }

    /// <summary>Journal reports among its mails are split.</summary>
    public required bool Journal { get; init; }

    /// <summary>From one poll to the next.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>When the last visit ended.</summary>
    public required DateTimeOffset? Polled { get; init; }

    /// <summary>When a visit last ran to its end, also if it left single mails to a person.</summary>
    public required DateTimeOffset? Succeeded { get; init; }

    /// <summary>Null if the next poll is due at once, or the mailbox is disabled.</summary>
    public required DateTimeOffset? NextDue { get; init; }

    /// <summary>Mails still to be collected, as they were last seen.</summary>
    public required int Waiting { get; init; }

    /// <summary>Their size.</summary>
    public required long WaitingBytes { get; init; }

    /// <summary>Of the waiting ones, mails in whose place the server sends a substitute.</summary>
    public required int Substitutes { get; init; }

    /// <summary>Mails in all.</summary>
    public required long Collected { get; init; }

    /// <summary>What the last visit came to: sentences for people.</summary>
    public required string? Result { get; init; }

    /// <summary>Visits that failed one after the other; 0 if the last one went well.</summary>
    public required int Failures { get; init; }

    /// <summary>When the first of them ended.</summary>
    public required DateTimeOffset? FailingSince { get; init; }

    /// <summary>When a visit last failed.</summary>
    public required DateTimeOffset? FailedAt { get; init; }

    /// <summary>What went wrong last, also when it is over.</summary>
    public required Pop3Failure? Failure { get; init; }

    /// <summary>Why it can't be collected as it is; null if nothing is in the way.</summary>
    public required Pop3Failure? Obstacle { get; init; }

    /// <summary>The mailbox as it is at a moment.</summary>
    internal static ListedMailbox Of(Mailbox mailbox, DateTimeOffset now)
    {
        var (options, state) = (mailbox.Options, mailbox.State);
        return new ListedMailbox
        {
            Name = options.Name,
            Condition = mailbox.Condition(now),
            Configured = mailbox.Configured,
            Enabled = mailbox.Enabled,
            Server = options.Server,
            Security = DepotJson.Word(options.Security),
            User = options.User,
            Container = options.Container,
            Journal = options.Journal,
            Interval = options.Interval,
            Polled = state.Polled,
            Succeeded = state.Succeeded,
            NextDue = mailbox.NextDue,
            Waiting = state.Waiting,
            WaitingBytes = state.Progress.WaitingBytes,
            Substitutes = state.Progress.Substitutes,
            Collected = state.Collected,
            Result = state.Result,
            Failures = state.Failures,
            FailingSince = state.FailingSince,
            FailedAt = state.FailedAt,
            Failure = state.Failure,
            Obstacle = mailbox.Obstacle,
        };
    }
}

/// <summary>Everything that is known of a mailbox but its password.</summary>
/// <param name="Condition">How it is, in one word.</param>
/// <param name="Obstacle">Why it can't be collected as it is; null if nothing is in the way.</param>
/// <param name="Configured">It is an entry of <c>MailDepot:Mailboxes</c>; else a person added it.</param>
/// <param name="Enabled">It is collected.</param>
/// <param name="NextDue">When the next poll is due; null if it is due at once, or disabled.</param>
/// <param name="PasswordIn">Where its password is.</param>
/// <param name="Settings">How it is collected; of the health check's address only what is no secret.</param>
/// <param name="State">What its visits came to.</param>
public sealed record ShownMailbox(
    MailboxCondition Condition, Pop3Failure? Obstacle, bool Configured, bool Enabled, DateTimeOffset? NextDue, string PasswordIn,
    MailboxOptions Settings, MailboxState State)
{
    /// <summary>The mailbox as it is at a moment.</summary>
    internal static ShownMailbox Of(Mailbox mailbox, string passwordIn, DateTimeOffset now) => new(
        mailbox.Condition(now), mailbox.Obstacle, mailbox.Configured, mailbox.Enabled, mailbox.NextDue, passwordIn,
        Shown(mailbox.Options), mailbox.State);

    private static MailboxOptions Shown(MailboxOptions options)
    {
        var shown = options.Copy();
        shown.HealthUrl = options.ShownHealthUrl;
        return shown;
    }
}

/// <summary>Reads the mailboxes that are collected by POP3.</summary>
public sealed class MailboxesView(MailboxDirectory directory, MailboxAccounts accounts, IPasswordStore passwords, TimeProvider clock)
{
    /// <summary>All of them, in the order of <see cref="MailboxDirectory.ListAsync"/>.</summary>
    public async Task<ImmutableArray<ListedMailbox>> ListAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return [.. (await directory.ListAsync(ct)).Select(mailbox => ListedMailbox.Of(mailbox, now))];
    }

    /// <summary>One of them, by name.</summary>
    /// <exception cref="AccountException">There is none of this name.</exception>
    public async Task<ShownMailbox> ShowAsync(string name, CancellationToken ct)
    {
        var mailbox = await accounts.FindAsync(name, ct);
        var setting = mailbox.Options.PasswordSetting;
        return ShownMailbox.Of(mailbox, setting.Length > 0 ? $"setting {setting}" : passwords.Place, clock.GetUtcNow());
    }
}
