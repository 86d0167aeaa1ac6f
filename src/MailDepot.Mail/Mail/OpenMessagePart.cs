using MimeKit;

namespace MailDepot.Mail;

/// <summary>A part that holds a message, while its message goes by.</summary>
internal sealed class OpenMessagePart(ContentType type, string? fileName, bool isAttachment)
{
    /// <summary>Of a file that is a mail.</summary>
    public const string Extension = ".eml";

    /// <summary>Not only a header or a reference: MimeKit walks those as messages too.</summary>
    public bool IsWholeMessage { get; } = IsWhole(type);

    /// <summary>It is one of the attachments.</summary>
    public bool IsAttachment => isAttachment;

    /// <summary>The message's subject.</summary>
    public string? Subject { get; set; }

    /// <summary>Octets of the message.</summary>
    public long Bytes { get; set; }

    /// <summary>The type is that of a mail.</summary>
    public static bool IsWhole(ContentType type) => type.IsMimeType("message", "*")
        && type.MediaSubtype.ToLowerInvariant() is "rfc822" or "global" or "news" or "rfc2822";

    /// <summary>The header of a mail that was returned (RFC 6522 §4): a text by its type, which the parser reads as a message.</summary>
    public static bool IsHeader(ContentType type) => type.IsMimeType("text", "rfc822-headers");

    /// <summary>Its file name, else the message's subject as one.</summary>
    public string? Name => fileName ?? (IsWholeMessage && !string.IsNullOrEmpty(Subject) ? NameOf(Subject) : null);

    /// <summary>A file name made of a subject.</summary>
    public static string? NameOf(string subject) => subject.Length == 0 ? null
        : FileName.Clean(
            HeaderAllowance.Cut(subject.Replace('/', ' ').Replace('\\', ' '), FileName.MaxLength - Extension.Length) + Extension);
}
