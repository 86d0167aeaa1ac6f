namespace MailDepot.Mail;

/// <summary>A uuencoded file found in a text.</summary>
/// <param name="Content">The decoded content, read to its end.</param>
/// <param name="IsUncertain">Its bytes may be wrong, judging by its lines.</param>
internal readonly record struct UuFile(PartContent Content, bool IsUncertain);
