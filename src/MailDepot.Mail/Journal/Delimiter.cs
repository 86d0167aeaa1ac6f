using System.Text;

namespace MailDepot.Journal;

/// <summary>The delimiter of a multipart (RFC 2046 §5.1.1): <c>--boundary</c> at the start of a line.</summary>
internal sealed class Delimiter(string boundary)
{
    private readonly byte[] afterLineEnd = Encoding.UTF8.GetBytes($"\n--{boundary}");

    /// <summary>With the LF before it: what to search for in running octets.</summary>
    public ReadOnlySpan<byte> AfterLineEnd => afterLineEnd;

    /// <summary>What a line, without its line end, is to a reader of this multipart.</summary>
    public DelimiterKind In(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(AfterLineEnd[1..]))
        {
            return DelimiterKind.None;
        }

        // Blanks may follow (transport-padding).
        var rest = line[(afterLineEnd.Length - 1)..].TrimEnd(" \t"u8);
        return rest.IsEmpty ? DelimiterKind.Next : rest.SequenceEqual("--"u8) ? DelimiterKind.Last : DelimiterKind.LookAlike;
    }

    /// <summary>
    /// Why the octets from the delimiter's line end to the report's end are not just further parts, such as a gateway's
    /// footer, and an end boundary; null if they are.
    /// </summary>
    public string? DoubtAbout(ReadOnlySpan<byte> tail)
    {
        var ended = false;
        while (!tail.IsEmpty)
        {
            var start = tail.IndexOf((byte)'\n') + 1;
            tail = start == 0 ? [] : tail[start..];
            var end = tail.IndexOf((byte)'\n') is >= 0 and var found ? found + 1 : tail.Length;
            switch (In(PartHeader.WithoutLineEnd(tail[..end])))
            {
                case DelimiterKind.None:
                    break;
                case var _ when ended:
                    return "Something like a delimiter comes after the end boundary.";
                case DelimiterKind.LookAlike:
                    return "A line in the attached message resembles a delimiter.";
                case DelimiterKind.Next when PartHeader.Read(tail[end..]).HoldsMessage:
                    return "The report has more than one message attached.";
                case DelimiterKind.Last:
                    ended = true;
                    break;
            }
        }

        return ended ? null : "The report was cut off: its end boundary is missing.";
    }
}

/// <summary>What a line is to a reader of a multipart.</summary>
internal enum DelimiterKind
{
    /// <summary>Content.</summary>
    None,

    /// <summary>A part begins.</summary>
    Next,

    /// <summary>The end boundary.</summary>
    Last,

    /// <summary>More follows on the line: a delimiter to the letter of RFC 2046, content to most readers.</summary>
    LookAlike,
}
