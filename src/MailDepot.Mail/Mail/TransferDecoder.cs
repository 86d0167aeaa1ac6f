using MimeKit;

namespace MailDepot.Mail;

/// <summary>Decodes a Content-Transfer-Encoding piece by piece, and tells whether the result is certain.</summary>
/// <remarks>MimeKit's decoders silently drop what they can't decode, so a damaged file would look intact.</remarks>
internal abstract class TransferDecoder
{
    /// <summary>Another decoder could give other bytes, or some are missing (<see cref="MailFlag.ContentUncertain"/>).</summary>
    public abstract bool IsUncertain { get; }

    /// <summary>Null for an encoding that leaves the bytes unchanged.</summary>
    public static TransferDecoder? For(ContentEncoding encoding) => encoding switch
    {
        ContentEncoding.Base64 => new Base64Transfer(),
        ContentEncoding.QuotedPrintable => new QuotedPrintableTransfer(),
        ContentEncoding.UUEncode => new UuTransfer(),
        _ => null,
    };

    /// <summary>The most bytes <see cref="Decode"/> can write for an input of this length; for 0, <see cref="End"/>.</summary>
    public abstract int MaxDecoded(int length);

    /// <summary>Decodes the next piece, cut anywhere, and returns the number of bytes written.</summary>
    public abstract int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded);

    /// <summary>The part has ended: writes what was held back and returns the number of bytes written. Call once.</summary>
    public abstract int End(Span<byte> decoded);
}
