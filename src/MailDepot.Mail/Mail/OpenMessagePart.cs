using MimeKit;

namespace MailDepot.Mail;

/// <summary>A part that holds a message, while that message is read.</summary>
internal sealed class OpenMessagePart(ContentType type, string? fileName, bool isAttachment)
{
    /// <summary>The file extension of a mail.</summary>
    public const string Extension = ".eml";

    /// <summary>A whole message, not just a header or a reference, which MimeKit also reports as messages.</summary>
    public bool IsWholeMessage { get; } = IsWhole(type);

    /// <summary>It is listed among the attachments.</summary>
    public bool IsAttachment => isAttachment;

    /// <summary>The message's subject.</summary>
    public string? Subject { get; set; }

    /// <summary>Size of the message.</summary>
    public long Bytes { get; set; }

    /// <summary>The type is that of a whole mail.</summary>
    public static bool IsWhole(ContentType type) => type.IsMimeType("message", "*")
        && type.MediaSubtype.ToLowerInvariant() is "rfc822" or "global" or "news" or "rfc2822";

    /// <summary>The header of a returned mail (RFC 6522 §4): text by its type, but the parser reads it as a message.</summary>
    public static bool IsHeader(ContentType type) => type.IsMimeType("text", "rfc822-headers");

    /// <summary>The file name, or one made from the message's subject.</summary>
    public string? Name => fileName ?? (IsWholeMessage && !string.IsNullOrEmpty(Subject) ? NameOf(Subject) : null);

    /// <summary>Makes a file name from a subject.</summary>
    public static string? NameOf(string subject) => subject.Length == 0 ? null
        : FileName.Clean(
            HeaderAllowance.Cut(subject.Replace('/', ' ').Replace('\\', ' '), FileName.MaxLength - Extension.Length) + Extension);
}
