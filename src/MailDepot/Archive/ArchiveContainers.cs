using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Archive;

/// <summary>Where the settings send a mail whose ticket does not name a destination: tickets of earlier versions.</summary>
/// <exception cref="NotYetException">The settings no longer contain its address or mailbox: temporary, until they do again.</exception>
/// <exception cref="UnarchivableException">It is for the postmaster, who has no rule: a person reads it in quarantine.</exception>
public delegate Destination ConfiguredDestination(MailSource source);

/// <summary>Where the mail of a ticket goes: as the ticket says, else as the settings say.</summary>
public sealed class ArchiveContainers(ConfiguredDestination configured)
{
    /// <summary>The destination. Throws as <see cref="ConfiguredDestination"/> does.</summary>
    public Destination For(MailSource source) => source.Destination ?? configured(source);
}
