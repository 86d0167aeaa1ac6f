namespace MailDepot.Mail;

/// <summary>Quoted-printable (RFC 2045 §6.7). An equals sign that does not start an escape is kept, and the result is uncertain.</summary>
internal sealed class QuotedPrintableTransfer : TransferDecoder
{
    /// <summary>Bytes of an escape at most: an equals sign and the blanks that a relay appended to the line (RFC 2045 §6.7).</summary>
    private const int MaxEscapeLength = 80;

    private readonly byte[] escape = new byte[MaxEscapeLength];
    private int count;
    private bool isUncertain;

    /// <inheritdoc/>
    public override bool IsUncertain => isUncertain;

    /// <inheritdoc/>
    public override int MaxDecoded(int length) => length + MaxEscapeLength;

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

        count = 0; // a soft line break at the end
        return 0;
    }

    /// <summary>Takes the next byte of an escape, or leaves it if it does not belong to one.</summary>
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
            // A soft line break, of CR alone as well.
            count = 0;
            encoded = next == '\n' ? encoded[1..] : encoded;
            return 0;
        }

        var isBlank = next is (byte)' ' or (byte)'\t' or (byte)'\r';
        if ((count == 1 && char.IsAsciiHexDigit((char)next)) || (isBreak && isBlank && count < MaxEscapeLength))
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
