using System.Text;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>Finds the lines that some program left in front of a mail's header: blanks, a banner, a quoted mbox line, a scrap of base64.</summary>
/// <remarks>
/// An empty line ends a header (RFC 5322 §2.1), and text can contain "word: text" anywhere. So lines are skipped only where
/// fields that mail really has come after them, and an empty line only in front of a header that is one beyond doubt.
/// </remarks>
internal static class HeaderPreamble
{
    /// <summary>Lines that are skipped, without those that continue them. What was seen has one to three.</summary>
    public const int MaxLines = 10;

    /// <summary>Different known fields that make lines a header.</summary>
    private const int FewestFields = 2;

    /// <summary>Bytes in front of the header; 0 if it comes first, or if what follows is no header.</summary>
    /// <param name="beginning">The mail's first bytes; more than a header if the mail has them.</param>
    public static int Length(ReadOnlySpan<byte> beginning)
    {
        var bom = beginning.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        var (at, skipped, hasEmptyLine, isMboxOnly) = (bom, 0, false, true);
        while (at < beginning.Length && !IsField(Line(beginning[at..])))
        {
            var line = Line(beginning[at..]);
            var isEmpty = WithoutLineEnd(line).IsEmpty;
            var isContinuation = IsBlank(line[0]) && skipped > 0;
            if (IsDelimiter(line) || (!isContinuation && ++skipped > MaxLines))
            {
                return 0;
            }

            (hasEmptyLine, isMboxOnly) = (hasEmptyLine || isEmpty, isMboxOnly && IsMboxLine(line));
            at += line.Length;
        }

        // The parser itself takes the line that begins a mail in an mbox file.
        return at == bom || isMboxOnly || !BeginsHeader(beginning[at..], hasEmptyLine) ? 0 : at;
    }

    /// <summary>Whether the parser took a line that is no field for one: it does so everywhere but at a mail's beginning.</summary>
    public static bool IsNoField(Header header) => header.RawField.AsSpan().Contains((byte)'\n');

    /// <summary>The field without a byte order mark before it: the parser skips one only at a mail's beginning.</summary>
    public static Header WithoutBom(Header header) => header.RawField.AsSpan().StartsWith(Encoding.UTF8.Preamble)
        && Header.TryParse(MimeParsing.Options, [.. header.RawField[Encoding.UTF8.Preamble.Length..], .. header.RawValue], out var better)
            ? better
            : header;

    /// <summary>The line in front of each mail in an mbox file (RFC 4155, appendix A).</summary>
    public static bool IsMboxLine(ReadOnlySpan<byte> line) => line.StartsWith("From "u8);

    /// <summary>Whether an empty line behind these lines ends a header; it does not while there are only a few, and no field.</summary>
    public static bool IsEnded(ReadOnlySpan<byte> lines)
    {
        for (var n = 0; n <= MaxLines && !lines.IsEmpty; n++)
        {
            var line = Line(lines);
            if (IsField(line))
            {
                return true;
            }

            lines = lines[line.Length..];
        }

        return !lines.IsEmpty;
    }

    /// <summary>Whether a field is one that mail really has.</summary>
    public static bool IsKnown(ReadOnlySpan<byte> field) => Id(field) is var id && (IsOfMachine(id) || IsTyped(id));

    /// <summary>A name of visible ASCII, and a colon; blanks between them are old style (RFC 5322 §4.5.3). As the parser sees it.</summary>
    public static bool IsField(ReadOnlySpan<byte> line)
    {
        var name = line[..Math.Max(0, line.IndexOf((byte)':'))].TrimEnd(" \t"u8);
        return !name.IsEmpty && !name.ContainsAnyExceptInRange((byte)'!', (byte)'~');
    }

    /// <summary>Known fields are there. Behind an empty line nothing else may be, and they must be more than programs quote in a text.</summary>
    private static bool BeginsHeader(ReadOnlySpan<byte> lines, bool isDoubtful)
    {
        var known = new HashSet<HeaderId>();
        var isPure = true;
        while (!lines.IsEmpty)
        {
            var line = Line(lines);
            if (WithoutLineEnd(line).IsEmpty)
            {
                break;
            }

            lines = lines[line.Length..];
            if (IsField(line))
            {
                _ = known.Add(Id(line));
            }
            else if (!IsBlank(line[0]))
            {
                isPure = false;
                break;
            }
        }

        var (machine, typed) = (known.Count(IsOfMachine), known.Count(IsTyped));
        return machine + typed >= FewestFields
            && (!isDoubtful || (isPure && (machine > 0 || (known.Contains(HeaderId.From) && known.Contains(HeaderId.Date)))));
    }

    /// <summary>No quotation of a mail has these.</summary>
    private static bool IsOfMachine(HeaderId id) => id is HeaderId.Received or HeaderId.ReturnPath or HeaderId.MessageId or HeaderId.MimeVersion
        or HeaderId.ContentType or HeaderId.ContentTransferEncoding or HeaderId.DkimSignature or HeaderId.AuthenticationResults
        or HeaderId.InReplyTo or HeaderId.References;

    /// <summary>A quotation has most of these; Outlook's has Sent in place of Date.</summary>
    private static bool IsTyped(HeaderId id) => id is HeaderId.From or HeaderId.To or HeaderId.Cc or HeaderId.Subject or HeaderId.Date
        or HeaderId.Sender or HeaderId.ReplyTo;

    private static HeaderId Id(ReadOnlySpan<byte> field) =>
        Header.TryParse(MimeParsing.Options, field.ToArray(), out var header) ? header.Id : HeaderId.Unknown;

    /// <summary>A multipart begins without its header: the fields that follow are those of its first part. A line of prose has a blank there.</summary>
    private static bool IsDelimiter(ReadOnlySpan<byte> line) => line.StartsWith("--"u8) && !(line.Length > 2 && IsBlank(line[2]));

    private static bool IsBlank(byte octet) => octet is (byte)' ' or (byte)'\t';

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> lines) =>
        lines.IndexOf((byte)'\n') is >= 0 and var end ? lines[..(end + 1)] : lines;

    private static ReadOnlySpan<byte> WithoutLineEnd(ReadOnlySpan<byte> line) => line.TrimEnd("\r\n"u8);
}
