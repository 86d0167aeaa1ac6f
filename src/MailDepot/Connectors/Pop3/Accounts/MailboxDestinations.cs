using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Where a collected mail goes whose ticket names no archive container, because an earlier version wrote it.</summary>
public static class MailboxDestinations
{
    /// <summary>The destination of the configured mailbox with the source's name.</summary>
    /// <exception cref="NotYetException">The mailbox left the settings: temporary, until it is back.</exception>
    public static Destination Find(Pop3Source source, IEnumerable<MailboxOptions> mailboxes) =>
        mailboxes.FirstOrDefault(mailbox => mailbox.Name == source.Mailbox) is { } mailbox
            ? new Destination(mailbox.Container, mailbox.Journal)
            : throw new NotYetException(
                $"No entry of MailDepot:Mailboxes has the name {source.Mailbox}, so its mail has no archive container: "
                + "add one, the ticket waits for it.");
}
