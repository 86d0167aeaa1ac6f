namespace MailDepot.Mail;

/// <summary>Where an accepted mail goes.</summary>
/// <param name="Container">The archive container; empty for the postmaster's mail, which a person reads in quarantine.</param>
/// <param name="Journal">Exchange journals there: a mail that looks like a journal report is believed to be one.</param>
public sealed record Destination(string Container, bool Journal);
