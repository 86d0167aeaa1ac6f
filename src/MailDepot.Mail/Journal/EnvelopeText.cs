using System.Text;

using MailDepot.Mail;

using MimeKit;

namespace MailDepot.Journal;

/// <summary>Decodes the text of an envelope part.</summary>
internal static class EnvelopeText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes a part: header, empty line, body in any transfer encoding and charset. No content makes it throw.</summary>
    public static string Decode(ReadOnlyMemory<byte> part)
    {
        if (part.IsEmpty)
        {
            return "";
        }

        var (body, charset) = Body(part);
        return charset is null or "us-ascii" or "utf-8" ? Unicode(body) : InCharset(body, charset);
    }

    private static (byte[] Body, string? Charset) Body(ReadOnlyMemory<byte> part)
    {
        try
        {
            using var stream = new MemoryStream(part.ToArray(), writable: false);
            using var entity = MimeEntity.Load(MimeParsing.Options, stream);
            if (Text(entity) is { Content: { } content } text)
            {
                using var body = new MemoryStream();
                content.DecodeTo(body);
                return (body.ToArray(), text.ContentType.Charset?.Trim().ToLowerInvariant());
            }
        }
        catch (FormatException)
        {
            // No valid header; the bytes may still be lines of an envelope.
        }

        return (part.ToArray(), null);
    }

    /// <summary>The part itself, or of a multipart (which gateways make to add an HTML footer) the first plain text at any depth.</summary>
    private static MimePart? Text(MimeEntity entity) => entity switch
    {
        Multipart parts => parts.Select(Text).FirstOrDefault(text => text?.ContentType.IsMimeType("text", "plain") is true),
        _ => entity as MimePart,
    };

    /// <summary>Text without a charset, or declared as ASCII, is UTF-8 if valid, otherwise the 8-bit text of old servers.</summary>
    private static string Unicode(byte[] body)
    {
        try
        {
            return StrictUtf8.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(body);
        }
    }

    private static string InCharset(byte[] body, string charset)
    {
        try
        {
            return Encoding.GetEncoding(charset).GetString(body);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return Unicode(body);
        }
    }
}
