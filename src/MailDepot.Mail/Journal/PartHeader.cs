using System.Text;

using MailDepot.Mail;

using MimeKit;

namespace MailDepot.Journal;

/// <summary>The fields needed to split a report, from its header or the header of one of its parts.</summary>
/// <param name="Type">The first Content-Type field; null if it is missing or malformed.</param>
/// <param name="ContentTypes">Number of Content-Type fields: with two, readers disagree.</param>
/// <param name="Encoding">Content-Transfer-Encoding, lower case; empty if there is none.</param>
/// <param name="FileName">Of a part attached as a file.</param>
/// <param name="ClaimsJournalReport">The header claims to be a journal report's (<see cref="JournalClaim"/>).</param>
internal sealed record PartHeader(ContentType? Type, int ContentTypes, string Encoding, string? FileName, bool ClaimsJournalReport)
{
    /// <summary>The header of a bounce (RFC 6522), in which an undelivered report comes back.</summary>
    public bool IsBounce => Type?.IsMimeType("multipart", "report") is true;

    /// <summary>The part contains a message, as message/rfc822 or as a file that a gateway made from it.</summary>
    public bool HoldsMessage => Type is { } type && (type.IsMimeType("message", "rfc822") || type.IsMimeType("application", "octet-stream")
        || FileName?.EndsWith(".eml", StringComparison.OrdinalIgnoreCase) is true);

    /// <summary>Why this is not the header of a report, or of a bounce, that could be split; null if it is.</summary>
    public string? DoubtAsReport() => this switch
    {
        { ClaimsJournalReport: false, IsBounce: false } => "The header has no X-MS-Journal-Report field.",
        { Type: { } type } when type.IsMimeType("multipart", "*") && !string.IsNullOrEmpty(type.Boundary) => null,
        _ => "The report is not a multipart with a boundary.",
    };

    /// <summary>Why the part may not be an envelope; null if it can be. RFC 2046 §5.1 allows it to omit the Content-Type.</summary>
    public string? DoubtAsEnvelope() => ContentTypes == 0
        || (ContentTypes == 1 && (Type?.IsMimeType("text", "plain") is true || Type?.IsMimeType("multipart", "alternative") is true))
        ? null
        : "The first part is not plainly the text of an envelope.";

    /// <summary>Why the part is not a message in its original bytes (RFC 2046 §5.2.1); null if it is.</summary>
    public string? DoubtAsMessage() => this switch
    {
        { ContentTypes: not 1 } or { Type: null } => "The second part is not plainly a message/rfc822.",
        { Type: { } type } when !type.IsMimeType("message", "rfc822") => "The second part is not plainly a message/rfc822.",
        { Encoding: not ("" or "7bit" or "8bit" or "binary") } => $"The attached message has the transfer encoding {Encoding}.",
        _ => null,
    };

    /// <summary>Reads the fields of a header, up to its end or its first empty line. Field names are case-insensitive.</summary>
    public static PartHeader Read(ReadOnlySpan<byte> bytes)
    {
        ContentType? type = null;
        var (types, encoding, fileName, claims) = (0, "", (string?)null, false);
        while (NextField(ref bytes) is { IsEmpty: false } field)
        {
            var colon = field.IndexOf((byte)':');
            if (colon < 0)
            {
                continue;
            }

            var name = field[..colon].TrimEnd(" \t"u8);
            if (Ascii.EqualsIgnoreCase(name, "Content-Type"u8))
            {
                if (types++ == 0)
                {
                    _ = ContentType.TryParse(MimeParsing.Options, field[(colon + 1)..].ToArray(), out type);
                }
            }
            else if (encoding.Length == 0 && Ascii.EqualsIgnoreCase(name, "Content-Transfer-Encoding"u8))
            {
                encoding = System.Text.Encoding.Latin1.GetString(field[(colon + 1)..].Trim(" \t\r\n"u8)).ToLowerInvariant();
            }
            else if (fileName is null && Ascii.EqualsIgnoreCase(name, "Content-Disposition"u8))
            {
                fileName = ContentDisposition.TryParse(MimeParsing.Options, field[(colon + 1)..].ToArray(), out var disposition)
                    ? disposition.FileName
                    : null;
            }
            else
            {
                claims |= JournalClaim.Matches(name, field[(colon + 1)..]);
            }
        }

        return new PartHeader(type, types, encoding, fileName ?? type?.Name, claims);
    }

    /// <summary>The line without its line end, CRLF or LF alone.</summary>
    public static ReadOnlySpan<byte> WithoutLineEnd(ReadOnlySpan<byte> line) =>
        !line.EndsWith("\n"u8) ? line : line.EndsWith("\r\n"u8) ? line[..^2] : line[..^1];

    /// <summary>A field with its continuation lines (RFC 5322 §2.2.3); empty at the header's end.</summary>
    private static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> bytes)
    {
        var length = LineLength(bytes);
        if (WithoutLineEnd(bytes[..length]).IsEmpty)
        {
            return [];
        }

        while (length < bytes.Length && bytes[length] is (byte)' ' or (byte)'\t')
        {
            length += LineLength(bytes[length..]);
        }

        var field = bytes[..length];
        bytes = bytes[length..];
        return field;
    }

    private static int LineLength(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOf((byte)'\n') is >= 0 and var end ? end + 1 : bytes.Length;
}
