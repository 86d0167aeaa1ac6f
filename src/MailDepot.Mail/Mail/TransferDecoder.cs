using MimeKit;

namespace MailDepot.Mail;

/// <summary>Undoes a part's Content-Transfer-Encoding, in pieces cut anywhere, and says whether the result is beyond doubt.</summary>
/// <remarks>MimeKit's decoders drop what they can't place and report nothing, so a damaged file would look like a good one.</remarks>
internal abstract class TransferDecoder
{
    /// <summary>Another decoder could read these bytes differently, or some are missing: <see cref="MailFlag.ContentUncertain"/>.</summary>
    public abstract bool IsUncertain { get; }

    /// <summary>Null for an encoding that leaves the bytes as they are.</summary>
    public static TransferDecoder? For(ContentEncoding encoding) => encoding switch
    {
        ContentEncoding.Base64 => new Base64Transfer(),
        ContentEncoding.QuotedPrintable => new QuotedPrintableTransfer(),
        ContentEncoding.UUEncode => new UuTransfer(),
        _ => null,
    };

    /// <summary>The most bytes that <see cref="Decode"/> makes of so many; of none, what <see cref="End"/> makes.</summary>
    public abstract int MaxDecoded(int length);

    /// <summary>Decodes the next piece and returns the number of bytes written.</summary>
    public abstract int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded);

    /// <summary>The part is over: writes what was still waiting and returns the number of bytes written. Once.</summary>
    public abstract int End(Span<byte> decoded);
}
