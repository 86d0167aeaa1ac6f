using MimeKit;

namespace MailDepot.Mail;

/// <summary>A multipart whose parts go by.</summary>
internal sealed class OpenMultipart(ContentType type, TextBuilder? text)
{
    /// <summary>Declared.</summary>
    public ContentType Type => type;

    /// <summary>Where its texts go; null if none are asked for.</summary>
    public TextBuilder? Text => text;

    /// <summary>Its end boundary came.</summary>
    public bool IsEnded { get; set; }
}
