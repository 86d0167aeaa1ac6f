using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Archive;

/// <summary>Where the mail of a ticket goes: as the ticket says, or else as the settings say.</summary>
/// <exception cref="NotYetException">Neither says it: temporary, until the settings contain its address or mailbox again.</exception>
/// <exception cref="UnarchivableException">It is for the postmaster, who has no rule: a person reads it in quarantine.</exception>
public delegate Destination FindDestination(MailSource source);
