using System.Text;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>Finds lines that some program left before a mail's header: blanks, a banner, a quoted mbox line, a scrap of base64.</summary>
/// <remarks>
/// An empty line ends a header (RFC 5322 §2.1), and any text may contain "word: text". So lines are skipped only if fields
/// that mail really has follow them, and an empty line only if what follows is a header beyond doubt.
/// </remarks>
internal static class HeaderPreamble
{
    /// <summary>Lines to skip at most, continuation lines not counted. Real mails had one to three.</summary>
    public const int MaxLines = 10;

    /// <summary>Different known fields that a header must have.</summary>
    private const int FewestFields = 2;

    /// <summary>Bytes before the header; 0 if it comes first, or if no header follows.</summary>
    /// <param name="beginning">The mail's first bytes: its whole header, and more if the mail has it.</param>
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

        // The parser itself handles the mbox line before a mail.
        return at == bom || isMboxOnly || !BeginsHeader(beginning[at..], hasEmptyLine) ? 0 : at;
    }

    /// <summary>Whether the parser took a line that is not a field for one, as it does except at the start of a mail.</summary>
    public static bool IsNoField(Header header) => header.RawField.AsSpan().Contains((byte)'\n');

    /// <summary>The field without a byte order mark before it; the parser skips one only at the start of a mail.</summary>
    public static Header WithoutBom(Header header) => header.RawField.AsSpan().StartsWith(Encoding.UTF8.Preamble)
        && Header.TryParse(MimeParsing.Options, [.. header.RawField[Encoding.UTF8.Preamble.Length..], .. header.RawValue], out var better)
            ? better
            : header;

    /// <summary>The line in front of each mail in an mbox file (RFC 4155, appendix A).</summary>
    public static bool IsMboxLine(ReadOnlySpan<byte> line) => line.StartsWith("From "u8);

    /// <summary>Whether an empty line after these lines ends a header: not if they are few and none is a field.</summary>
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

    /// <summary>Whether mail really has a field of this name.</summary>
    public static bool IsKnown(ReadOnlySpan<byte> field) => Id(field) is var id && (IsTechnical(id) || IsQuoted(id));

    /// <summary>A name of visible ASCII and a colon, perhaps with blanks between (RFC 5322 §4.5.3); as the parser reads it.</summary>
    public static bool IsField(ReadOnlySpan<byte> line)
    {
        var name = line[..Math.Max(0, line.IndexOf((byte)':'))].TrimEnd(" \t"u8);
        return !name.IsEmpty && !name.ContainsAnyExceptInRange((byte)'!', (byte)'~');
    }

    /// <summary>
    /// There are known fields. In doubt (after an empty line) there may be nothing else, and they must be more than a quotation in
    /// a text would have.
    /// </summary>
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

        var (technical, quoted) = (known.Count(IsTechnical), known.Count(IsQuoted));
        return technical + quoted >= FewestFields
            && (!isDoubtful || (isPure && (technical > 0 || (known.Contains(HeaderId.From) && known.Contains(HeaderId.Date)))));
    }

    /// <summary>Fields that programs don't show when they quote a mail.</summary>
    private static bool IsTechnical(HeaderId id) => id is HeaderId.Received or HeaderId.ReturnPath or HeaderId.MessageId
        or HeaderId.MimeVersion or HeaderId.ContentType or HeaderId.ContentTransferEncoding or HeaderId.DkimSignature
        or HeaderId.AuthenticationResults or HeaderId.InReplyTo or HeaderId.References;

    /// <summary>Fields that a quoted mail shows; Outlook writes Sent in place of Date.</summary>
    private static bool IsQuoted(HeaderId id) => id is HeaderId.From or HeaderId.To or HeaderId.Cc or HeaderId.Subject or HeaderId.Date
        or HeaderId.Sender or HeaderId.ReplyTo;

    private static HeaderId Id(ReadOnlySpan<byte> field) =>
        Header.TryParse(MimeParsing.Options, field.ToArray(), out var header) ? header.Id : HeaderId.Unknown;

    /// <summary>
    /// A multipart's delimiter without a header: the fields after it belong to its first part. In prose a blank follows the dashes.
    /// </summary>
    private static bool IsDelimiter(ReadOnlySpan<byte> line) => line.StartsWith("--"u8) && !(line.Length > 2 && IsBlank(line[2]));

    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> lines) =>
        lines.IndexOf((byte)'\n') is >= 0 and var end ? lines[..(end + 1)] : lines;

    private static ReadOnlySpan<byte> WithoutLineEnd(ReadOnlySpan<byte> line) => line.TrimEnd("\r\n"u8);
}
