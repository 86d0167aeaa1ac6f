using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Archive;

/// <summary>Where the settings lead a mail whose ticket does not say it: tickets of earlier versions.</summary>
/// <exception cref="NotYetException">The settings no longer know its address or mailbox: temporary, until they do again.</exception>
/// <exception cref="UnarchivableException">It is for the postmaster, who has no rule: a person reads it in quarantine.</exception>
public delegate Destination ConfiguredDestination(MailSource source);

/// <summary>Where the mail of a ticket goes: as the ticket says, else as the settings do.</summary>
public sealed class ArchiveContainers(ConfiguredDestination configured)
{
    /// <summary>Where it goes. Throws as <see cref="ConfiguredDestination"/> does.</summary>
    public Destination For(MailSource source) => source.Destination ?? configured(source);
}
