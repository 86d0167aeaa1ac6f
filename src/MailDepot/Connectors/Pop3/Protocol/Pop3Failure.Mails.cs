namespace MailDepot.Connectors.Pop3.Protocol;

/// <content>Mails that could not be fetched or deleted, and mailboxes that can't be collected as they are set up.</content>
public sealed partial record Pop3Failure
{
    internal static Pop3Failure MailsRefused(MailboxOptions mailbox, int mails) =>
        new(Pop3FailureKind.MailsRefused, $"{mailbox.Server} refused to send {Mails(mails)}.", "The next poll tries again.");

    /// <param name="runs">In how many runs in a row they failed.</param>
    internal static Pop3Failure MailsSkipped(MailboxOptions mailbox, int mails, int runs) => new(
        Pop3FailureKind.MailsRefused, $"{Mails(mails)} could not be fetched from {mailbox.Server} in {runs} runs and stayed there.",
        $"`maildepot pop3 poll {mailbox.Name}` tries again; all other mail is collected.");

    internal static Pop3Failure Substitutes(MailboxOptions mailbox, int mails) => new(
        Pop3FailureKind.MailsRefused,
        $"{mailbox.Server} sends a substitute in place of {Mails(mails)}, "
        + $"because it can't convert {(mails == 1 ? "it" : "them")} for POP3.",
        "The substitute is archived, and nothing was deleted: open the mail in Outlook or Outlook on the web, send what matters to the "
        + $"mailbox as a new mail, and delete the old one. `maildepot pop3 poll {mailbox.Name}` tries again; all other mail is collected.");

    /// <param name="reply">What the server answered to DELE or QUIT; null if it said nothing.</param>
    internal static Pop3Failure NotDeleted(MailboxOptions mailbox, string? reply) => new(
        Pop3FailureKind.NotDeleted, $"{mailbox.Server} does not delete collected mail, so the mailbox grows.",
        "Check that the account may delete mail, and that no hold on the server keeps it. Collected mail is safe here, and the next poll "
        + "tries again.", reply);

    /// <summary>Asked to delete this mail, the server breaks the session, at every visit.</summary>
    /// <param name="reason">How the session ended.</param>
    /// <param name="mail"><c>with UIDL 7f3a</c>.</param>
    internal static Pop3Failure DeletionFails(MailboxOptions mailbox, string reason, string mail) => new(
        Pop3FailureKind.NotDeleted, $"{mailbox.Server} breaks the session ({reason}) when asked to delete the mail {mail}.",
        "Delete it there with another program: it is safe here. All other mail is collected and deleted, and the next poll tries this one "
        + "again, last.");

    /// <summary>UIDL is optional (RFC 1939 §7), but <c>LeaveOnServer</c> and <c>DeleteAfter</c> need it.</summary>
    internal static Pop3Failure UidlMissing(MailboxOptions mailbox) => new(
        Pop3FailureKind.Settings, $"{mailbox.Server} does not support UIDL, so mail that stays there can't be told from new mail.",
        mailbox.LeaveOnServer ? "Set LeaveOnServer to false." : "Set DeleteAfter to 0.");

    /// <summary>
    /// With both, each mail may be archived twice. The entry was configured later, or <c>pop3 add</c> would have refused.
    /// </summary>
    internal static Pop3Failure CollectedTwice(MailboxOptions mailbox, string configured) => new(
        Pop3FailureKind.Settings,
        $"Mailbox {configured} of the configuration already collects {mailbox.User} on {mailbox.Host}, so {mailbox.Name} is not collected.",
        $"Remove this one with `maildepot pop3 remove {mailbox.Name}`, or that entry of MailDepot:Mailboxes.");

    /// <summary>As after a downgrade.</summary>
    /// <param name="setting">The first one that is unknown; empty if that can't be said.</param>
    internal static Pop3Failure SettingsUnreadable(string name, string setting) => new(
        Pop3FailureKind.Settings,
        $"This version of MailDepot can't read the settings of mailbox {name}{(setting.Length > 0 ? $" ({setting})" : "")}, "
        + "so it is not collected.",
        $"Update MailDepot to the version that wrote them; or remove the mailbox with `maildepot pop3 remove {name}`, and add it again.");
}
