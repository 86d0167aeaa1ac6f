namespace MailDepot.Mail;

/// <summary>Reads lines of uuencoded data (POSIX.1-2017, uuencode): the first character of each declares its number of bytes.</summary>
/// <remarks>
/// Zero is written as a blank or a backquote. Relays strip trailing blanks, so characters missing from a line's declared length
/// are zero. If the encoder writes backquotes nothing could be stripped, and a short line was truncated.
/// </remarks>
internal sealed class UuLines
{
    /// <summary>Bytes of the longest line: its first character can declare at most 63.</summary>
    public const int MaxDecoded = 63;

    /// <summary>Characters beyond the declared length, such as a checksum, that a line of data may have.</summary>
    private const int Surplus = 4;

    private bool hasShort;
    private bool hasBackquote;
    private bool hasSurplus;

    /// <summary>Some line was longer than declared, or shorter for another reason than stripped blanks.</summary>
    public bool IsUncertain => hasSurplus || (hasShort && hasBackquote);

    /// <summary>Classifies a line without its line end.</summary>
    public static UuLine KindOf(ReadOnlySpan<byte> line)
    {
        if (line.TrimEnd((byte)' ') is var text && (text.IsEmpty || text.SequenceEqual("`"u8)))
        {
            return UuLine.Zero;
        }

        if (text.SequenceEqual("end"u8))
        {
            return UuLine.End;
        }

        if (TryReadBegin(line, out _))
        {
            return UuLine.Begin;
        }

        var (bytes, characters) = Declared(line);
        var data = line[1..Math.Min(line.Length, 1 + characters)];
        return bytes > 0 && line.Length - 1 <= characters + Surplus && !data.ContainsAnyExceptInRange((byte)' ', (byte)'`')
            ? UuLine.Data : UuLine.Foreign;
    }

    /// <summary>Whether a line of data has exactly the characters it declares.</summary>
    public static bool IsExact(ReadOnlySpan<byte> line) => KindOf(line) is UuLine.Data && line.Length - 1 == Declared(line).Characters;

    /// <summary>Reads <c>begin 644 name</c>: an octal mode, then the name, which a few programs leave empty.</summary>
    public static bool TryReadBegin(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name)
    {
        const int MinMode = 3, MaxMode = 6;
        name = default;
        if (!line.StartsWith("begin "u8))
        {
            return false;
        }

        var rest = line["begin ".Length..].TrimStart((byte)' ');
        var mode = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'7');
        mode = mode < 0 ? rest.Length : mode;
        if (mode is < MinMode or > MaxMode || (mode < rest.Length && rest[mode] != ' '))
        {
            return false;
        }

        name = rest[mode..].Trim((byte)' ');
        return true;
    }

    /// <summary>Decodes a line of data and returns the number of bytes written, at most <see cref="MaxDecoded"/>.</summary>
    public int Decode(ReadOnlySpan<byte> line, Span<byte> decoded)
    {
        var (bytes, characters) = Declared(line);
        var data = line[1..Math.Min(line.Length, 1 + characters)];
        hasShort |= data.Length < ((bytes * 8) + 5) / 6;
        hasBackquote |= data.Contains((byte)'`');
        hasSurplus |= line[(1 + data.Length)..].ContainsAnyExcept((byte)' ', (byte)'`');
        for (var n = 0; n < bytes; n++)
        {
            // The byte starts at bit 0, 2 or 4 of its first character and takes 2, 4 or 6 bits of the next.
            var (at, taken) = (n * 8 / 6, (n * 8 % 6) + 2);
            decoded[n] = (byte)((Value(data, at) << taken) | (Value(data, at + 1) >> (6 - taken)));
        }

        return bytes;
    }

    private static (int Bytes, int Characters) Declared(ReadOnlySpan<byte> line)
    {
        var bytes = line[0] is >= (byte)' ' and <= (byte)'`' ? (line[0] - ' ') & 0x3F : 0;
        return (bytes, (bytes + 2) / 3 * 4);
    }

    private static int Value(ReadOnlySpan<byte> data, int at) => at < data.Length ? (data[at] - ' ') & 0x3F : 0;
}

/// <summary>The kinds of line in a uuencoded file.</summary>
internal enum UuLine
{
    /// <summary>Bytes of the file.</summary>
    Data,

    /// <summary>Zero bytes, the last line before the end: a blank or a backquote, or nothing if blanks were stripped.</summary>
    Zero,

    /// <summary><c>begin 644 name</c>.</summary>
    Begin,

    /// <summary><c>end</c>.</summary>
    End,

    /// <summary>Anything else.</summary>
    Foreign,
}
