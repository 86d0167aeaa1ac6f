namespace MailDepot.Mail;

/// <summary>A file that was found in a text.</summary>
/// <param name="Content">Decoded, to its end.</param>
/// <param name="IsUncertain">Its lines leave doubt about its bytes.</param>
internal readonly record struct UuFile(PartContent Content, bool IsUncertain);
