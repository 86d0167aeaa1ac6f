using System.Collections.Immutable;
using System.Text.Json;
using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Views;

/// <summary>A mailbox in a list: how it is, what waits in it, and what went wrong last.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Condition">How it is, in one word.</param>
/// <param name="Configured">It is an entry of <c>MailDepot:Mailboxes</c>; else a person added it.</param>
/// <param name="Enabled">It is collected.</param>
/// <param name="Server">Host and port; without a host where this version can't read the settings.</param>
/// <param name="Security">How the connection is secured, in the word that the settings have.</param>
/// <param name="User">The login name.</param>
/// <param name="Container">The archive container its mails go to.</param>
/// <param name="Journal">Journal reports among them are split.</param>
/// <param name="Interval">From one poll to the next.</param>
/// <param name="Polled">When the last visit ended.</param>
/// <param name="Succeeded">When one last ran to its end, also if it left single mails to a person.</param>
/// <param name="NextDue">When the next poll is due; null if it is due at once, or disabled.</param>
/// <param name="Waiting">Mails still to be collected, as they were last seen.</param>
/// <param name="WaitingBytes">Their size.</param>
/// <param name="Substitutes">Of the waiting ones, mails in whose place the server sends a substitute.</param>
/// <param name="Collected">Mails in all.</param>
/// <param name="Result">What the last visit came to: sentences for people.</param>
/// <param name="Failures">Visits that failed one after the other; 0 if the last one went well.</param>
/// <param name="FailingSince">When the first of them ended.</param>
/// <param name="FailedAt">When a visit last failed.</param>
/// <param name="Failure">What went wrong last, also when it is over.</param>
/// <param name="Obstacle">Why it can't be collected as it is; null if nothing is in the way.</param>
public sealed record ListedMailbox(
    string Name, MailboxCondition Condition, bool Configured, bool Enabled, string Server, string Security, string User, string Container,
    bool Journal, TimeSpan Interval, DateTimeOffset? Polled, DateTimeOffset? Succeeded, DateTimeOffset? NextDue, int Waiting,
    long WaitingBytes, int Substitutes, long Collected, string? Result, int Failures, DateTimeOffset? FailingSince,
    DateTimeOffset? FailedAt, Pop3Failure? Failure, Pop3Failure? Obstacle)
{
    /// <summary>The mailbox as it is at a moment.</summary>
    internal static ListedMailbox Of(Mailbox mailbox, DateTimeOffset now)
    {
        var (options, state) = (mailbox.Options, mailbox.State);
        return new(
            options.Name, mailbox.Condition(now), mailbox.Configured, mailbox.Enabled, $"{options.Host}:{options.Port}",
            options.Security.ToString().ToLowerInvariant(), options.User, options.Container, options.Journal, options.Interval,
            state.Polled, state.Succeeded, mailbox.NextDue, state.Waiting, state.Progress.WaitingBytes, state.Progress.Substitutes,
            state.Collected, state.Result, state.Failures, state.FailingSince, state.FailedAt, state.Failure, mailbox.Obstacle);
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
        var shown = JsonSerializer.Deserialize<MailboxOptions>(JsonSerializer.Serialize(options, DepotJson.Options), DepotJson.Options)!;
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
