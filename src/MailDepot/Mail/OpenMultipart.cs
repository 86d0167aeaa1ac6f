using MimeKit;

namespace MailDepot.Mail;

/// <summary>A multipart whose parts go by.</summary>
internal sealed class OpenMultipart(ContentType type)
{
    public ContentType Type => type;

    /// <summary>Its end boundary was there.</summary>
    public bool IsEnded { get; set; }
}
