using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Where a collected mail goes whose ticket names no archive container, as those of early versions do not.</summary>
public static class EarlierTickets
{
    /// <summary>The destination of the configured mailbox with the source's name.</summary>
    /// <exception cref="NotYetException">There is none: temporary, until there is again.</exception>
    public static Destination DestinationOf(Pop3Source source, IEnumerable<MailboxOptions> mailboxes) =>
        mailboxes.FirstOrDefault(mailbox => mailbox.Name == source.Mailbox) is { } mailbox
            ? new Destination(mailbox.Container, mailbox.Journal)
            : throw new NotYetException(
                $"No entry of MailDepot:Mailboxes has the name {source.Mailbox}, so its mail has no archive container: "
                + "add one, the ticket waits for it.");
}
