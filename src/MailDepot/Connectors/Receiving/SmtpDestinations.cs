using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Connectors.Receiving;

/// <summary>
/// Where a received mail goes whose ticket names no archive container: it was accepted by an earlier version, or is for the postmaster.
/// </summary>
public static class SmtpDestinations
{
    /// <summary>The destination of the first recipient with a rule: recipients accepted together all have the same one.</summary>
    /// <exception cref="NotYetException">No rule matches any recipient: temporary, until one does again.</exception>
    /// <exception cref="UnarchivableException">It is for the postmaster, who has no rule: a person reads it in quarantine.</exception>
    public static Destination Find(SmtpSource source, RecipientMap recipients) =>
        source.To.Select(recipients.Find).FirstOrDefault(rule => rule is not null)?.Destination
        ?? throw (source.To is [var only] && Postmaster.Is(only) ? ForPostmaster(source, only) : WithoutRule(source));

    private static UnarchivableException ForPostmaster(SmtpSource source, string postmaster) => new(
        QuarantineReason.Postmaster,
        $"A mail from <{source.From}> is for {postmaster} and not for the archive: "
        + "read it with `maildepot quarantine get`, then delete it from quarantine.");

    private static NotYetException WithoutRule(SmtpSource source) => new(
        $"No entry of MailDepot:Recipients leads from {string.Join(", ", source.To)} to an archive container: "
        + "add one, the ticket waits for it.");
}
