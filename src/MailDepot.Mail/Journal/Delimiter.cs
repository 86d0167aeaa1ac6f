using System.Text;

namespace MailDepot.Journal;

/// <summary>The delimiter of a multipart (RFC 2046 §5.1.1): <c>--boundary</c> at the start of a line.</summary>
internal sealed class Delimiter(string boundary)
{
    private readonly byte[] afterLineEnd = Encoding.UTF8.GetBytes($"\n--{boundary}");

    /// <summary>The delimiter with the LF before it, to search for in a stream.</summary>
    public ReadOnlySpan<byte> AfterLineEnd => afterLineEnd;

    /// <summary>Classifies a line, given without its line end.</summary>
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
    /// Checks the bytes from the delimiter's line end to the report's end: null if they are further parts, such as a gateway's
    /// footer, and an end boundary; otherwise a sentence that says why not.
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

/// <summary>The kinds of line in a multipart.</summary>
internal enum DelimiterKind
{
    /// <summary>Content.</summary>
    None,

    /// <summary>The start of a part.</summary>
    Next,

    /// <summary>The end boundary.</summary>
    Last,

    /// <summary>The boundary followed by more text: a delimiter by the letter of RFC 2046, content for most readers.</summary>
    LookAlike,
}
