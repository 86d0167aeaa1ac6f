namespace MailDepot.Mail;

/// <summary>The transfer encoding uuencode: one file between <c>begin</c> and <c>end</c>, either of which may be missing.</summary>
/// <remarks>
/// The result is uncertain, besides what <see cref="UuLines"/> reports, with: foreign lines among the data, data after the zero
/// line, a second file, and data that stops with neither a zero line nor an end.
/// </remarks>
internal sealed class UuTransfer : TransferDecoder
{
    /// <summary>Bytes of a line to hold; no line of data is longer.</summary>
    private const int MaxLineLength = 128;

    private readonly UuLines lines = new();
    private readonly byte[] line = new byte[MaxLineLength];
    private int count;
    private bool isTooLong;
    private bool hasBegun;
    private bool hasZero;
    private bool hasEnded;
    private bool hasText;
    private bool isUncertain;

    /// <inheritdoc/>
    public override bool IsUncertain => isUncertain || lines.IsUncertain;

    /// <summary>A line decodes to fewer bytes than it has, unless blanks were stripped: a single character may declare 63.</summary>
    public override int MaxDecoded(int length) => ((length / 2) + 2) * UuLines.MaxDecoded;

    /// <inheritdoc/>
    public override int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        var written = 0;
        while (!encoded.IsEmpty)
        {
            var end = encoded.IndexOf((byte)'\n');
            var piece = end < 0 ? encoded : encoded[..end];
            var held = piece[..Math.Min(piece.Length, MaxLineLength - count)];
            held.CopyTo(line.AsSpan(count));
            (count, isTooLong) = (count + held.Length, isTooLong || held.Length < piece.Length);
            encoded = encoded[(end < 0 ? encoded.Length : end + 1)..];
            if (end >= 0)
            {
                written += TakeLine(decoded[written..]);
            }
        }

        return written;
    }

    /// <inheritdoc/>
    public override int End(Span<byte> decoded)
    {
        var written = count > 0 ? TakeLine(decoded) : 0;
        isUncertain |= hasBegun ? !hasEnded && !hasZero : hasText;
        return written;
    }

    private int TakeLine(Span<byte> decoded)
    {
        var text = line.AsSpan(0, count).TrimEnd((byte)'\r');
        var kind = isTooLong ? UuLine.Foreign : UuLines.KindOf(text);
        (count, isTooLong) = (0, false);
        hasText |= !text.IsEmpty;
        if (!hasBegun)
        {
            // Text before the data comes from a person or a gateway; data without "begin" must be exact.
            hasBegun = kind is UuLine.Begin || UuLines.IsExact(text);
            return hasBegun && kind is UuLine.Data ? lines.Decode(text, decoded) : 0;
        }

        if (hasEnded)
        {
            isUncertain |= kind is UuLine.Begin;
            return 0;
        }

        switch (kind)
        {
            case UuLine.Data:
                isUncertain |= hasZero;
                return lines.Decode(text, decoded);
            case UuLine.Zero:
                hasZero = true;
                break;
            case UuLine.End:
                hasEnded = true;
                break;
            default:
                isUncertain = true;
                break;
        }

        return 0;
    }
}
