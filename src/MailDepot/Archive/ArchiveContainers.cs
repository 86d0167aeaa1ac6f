using MailDepot.Mail;
using MailDepot.Spool;
using Microsoft.Extensions.Options;

namespace MailDepot.Archive;

/// <summary>Which archive container a mail goes to: by the address it was sent to, or, of a mailbox, as its ticket says.</summary>
public sealed class ArchiveContainers(IOptions<DepotOptions> options)
{
    private readonly RecipientMap map = options.Value.RecipientMap();

    /// <summary>The rule of the first recipient that has one; the connector took care that they all lead to the same place.</summary>
    /// <exception cref="NotYetException">The configuration no longer knows the address or mailbox: temporary, until it does again.</exception>
    /// <exception cref="UnarchivableException">It is for the postmaster, who has no rule: a person reads it in quarantine.</exception>
    public RecipientRule For(MailSource source) => source switch
    {
        SmtpSource smtp => smtp.To.Select(map.Find).FirstOrDefault(rule => rule is not null)
            ?? throw (smtp.To is [var only] && Postmaster.Is(only) ? new UnarchivableException(
                QuarantineReason.Postmaster, $"A mail from <{smtp.From}> is for {only} and not for the archive: whoever looks after the SMTP endpoint should read it, and then delete it here.")
            : new NotYetException($"No entry of MailDepot:Recipients leads from {string.Join(", ", smtp.To)} to an archive container: add one, the ticket waits for it.")),
        Pop3Source { Container: { } container } pop3 => new RecipientRule(pop3.Mailbox, container, pop3.Journal ?? false),
        Pop3Source pop3 => options.Value.Mailbox(pop3.Mailbox) is { } mailbox
            ? new RecipientRule(mailbox.Name, mailbox.Container, mailbox.Journal)
            : throw new NotYetException($"No entry of MailDepot:Mailboxes has the name {pop3.Mailbox}, so its mail has no archive container: add one, the ticket waits for it."),
        _ => throw new NotSupportedException($"No archive container is defined for a {source.GetType().Name}."),
    };
}
