namespace MailDepot.Connectors.Pop3;

/// <summary>Which mailboxes are collected.</summary>
/// <param name="Mailboxes">Those of the configuration.</param>
public sealed record Pop3Options(IReadOnlyList<MailboxOptions> Mailboxes)
{
    /// <summary>The mailbox of this name; null if there is none.</summary>
    public MailboxOptions? Mailbox(string name) => Mailboxes.FirstOrDefault(mailbox => mailbox.Name == name);
}
