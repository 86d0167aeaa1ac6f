using MimeKit;

namespace MailDepot.Mail;

/// <summary>A multipart whose parts are being read.</summary>
internal sealed class OpenMultipart(ContentType type, TextBuilder? text)
{
    /// <summary>The declared type.</summary>
    public ContentType Type => type;

    /// <summary>Collects its texts; null if they are not requested.</summary>
    public TextBuilder? Text => text;

    /// <summary>The end boundary was read.</summary>
    public bool IsEnded { get; set; }
}
