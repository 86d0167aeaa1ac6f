namespace MailDepot.Mail;

/// <summary>Quoted-printable (RFC 2045 §6.7). An equals sign that begins no escape stays as it is, and is in doubt.</summary>
internal sealed class QuotedPrintableTransfer : TransferDecoder
{
    /// <summary>Bytes of an escape at most: an equals sign and the blanks of a line that a relay put behind it (RFC 2045 §6.7).</summary>
    private const int LongestEscape = 80;

    private readonly byte[] escape = new byte[LongestEscape];
    private int count;
    private bool isUncertain;

    /// <inheritdoc/>
    public override bool IsUncertain => isUncertain;

    /// <inheritdoc/>
    public override int MaxDecoded(int length) => length + LongestEscape;

    /// <inheritdoc/>
    public override int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        var written = 0;
        while (!encoded.IsEmpty)
        {
            if (count > 0)
            {
                written += Escape(ref encoded, decoded[written..]);
                continue;
            }

            var at = encoded.IndexOf((byte)'=');
            var plain = at < 0 ? encoded : encoded[..at];
            plain.CopyTo(decoded[written..]);
            written += plain.Length;
            encoded = encoded[plain.Length..];
            if (!encoded.IsEmpty)
            {
                (escape[0], count) = (encoded[0], 1);
                encoded = encoded[1..];
            }
        }

        return written;
    }

    /// <inheritdoc/>
    public override int End(Span<byte> decoded)
    {
        if (count == 2 && char.IsAsciiHexDigit((char)escape[1]))
        {
            return Literal(decoded);
        }

        count = 0; // the last line had no end
        return 0;
    }

    /// <summary>Takes the next byte of an escape, or leaves it where it belongs to none.</summary>
    private int Escape(ref ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        var (next, last) = (encoded[0], escape[count - 1]);
        if (count == 2 && char.IsAsciiHexDigit((char)last) && char.IsAsciiHexDigit((char)next))
        {
            decoded[0] = (byte)((Hex(last) << 4) | Hex(next));
            count = 0;
            encoded = encoded[1..];
            return 1;
        }

        var isBreak = count == 1 || !char.IsAsciiHexDigit((char)last);
        if (isBreak && (next == '\n' || last == '\r'))
        {
            // A soft line break; of CR alone, too.
            count = 0;
            encoded = next == '\n' ? encoded[1..] : encoded;
            return 0;
        }

        var isBlank = next is (byte)' ' or (byte)'\t' or (byte)'\r';
        if ((count == 1 && char.IsAsciiHexDigit((char)next)) || (isBreak && isBlank && count < LongestEscape))
        {
            escape[count++] = next;
            encoded = encoded[1..];
            return 0;
        }

        return Literal(decoded);
    }

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private int Literal(Span<byte> decoded)
    {
        escape.AsSpan(0, count).CopyTo(decoded);
        (var written, count, isUncertain) = (count, 0, true);
        return written;
    }
}
