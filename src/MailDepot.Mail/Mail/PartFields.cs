using System.Buffers;

using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>What a part's header says about its content. Of several fields with the same name the first one counts.</summary>
internal sealed class PartFields
{
    private static readonly SearchValues<byte> TypeEnds = SearchValues.Create(" \t\r\n/;"u8);

    private ReadOnlyMemory<byte>? typeField;
    private ReadOnlyMemory<byte>? dispositionField;
    private ContentDisposition? disposition;
    private ContentEncoding? encoding;
    private (bool IsKnown, string? Text) name;

    /// <summary>The transfer encoding.</summary>
    public ContentEncoding Encoding => encoding ?? ContentEncoding.Default;

    /// <summary>The content must be decoded before it can be read.</summary>
    public bool IsEncoded => Encoding is ContentEncoding.Base64 or ContentEncoding.QuotedPrintable or ContentEncoding.UUEncode;

    /// <summary>The disposition is attachment: to be saved, not displayed.</summary>
    public bool IsAttachment => disposition is { IsAttachment: true };

    /// <summary>The charset of a name was guessed.</summary>
    public bool Guessed { get; private set; }

    /// <summary>People would save it as a file.</summary>
    public bool IsFile(ContentType type) => IsAttachment || Name(type) is not null || !IsText(type);

    /// <summary>Declared as text of any kind.</summary>
    public static bool IsText(ContentType type) => type.MediaType.Equals("text", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The type by which the content is read. A malformed Content-Type means plain text (RFC 2045 §5.2), where the parser says
    /// octet-stream; except for a file, and where the readable half of the field names another media type.
    /// </summary>
    public ContentType TypeOf(ContentType type)
    {
        if (typeField is not { } field || !type.IsMimeType("application", "octet-stream") || IsAttachment || Name(type) is not null
            || ContentType.TryParse(MimeParsing.Options, field.ToArray(), out _) || NamesOther(field.Span))
        {
            return type;
        }

        var plain = new ContentType("text", "plain");
        foreach (var parameter in type.Parameters)
        {
            plain.Parameters.Add(parameter.Name, parameter.Value);
        }

        return plain;
    }

    /// <summary>Starts the next header.</summary>
    public void Restart()
    {
        (typeField, dispositionField, disposition, encoding) = (null, null, null, null);
        (Guessed, name) = (false, default);
    }

    /// <summary>Adds a field, if it describes content.</summary>
    public void Add(Header header)
    {
        switch (header.Id)
        {
            case HeaderId.ContentType when typeField is null:
                typeField = header.RawValue;
                break;
            case HeaderId.ContentDisposition when disposition is null:
                dispositionField = header.RawValue;
                _ = ContentDisposition.TryParse(MimeParsing.Options, Repair(header.RawValue).ToArray(), out disposition);
                break;
            case HeaderId.ContentTransferEncoding when encoding is null:
                _ = MimeUtils.TryParse(header.Value, out ContentEncoding declared);
                encoding = declared;
                break;
        }
    }

    /// <summary>
    /// The file name from the disposition, or else from the type; cleaned. Some programs truncate the disposition's name: if the
    /// type's name starts with it, that one counts.
    /// </summary>
    public string? Name(ContentType type)
    {
        if (!name.IsKnown)
        {
            var (file, other) = (Name(dispositionField, "filename", disposition?.FileName), Name(typeField, "name", OfType(type)));
            name = (true, file is null || (other is not null && other.StartsWith(file, StringComparison.Ordinal)) ? other : file);
        }

        return name.Text;
    }

    private string? Name(ReadOnlyMemory<byte>? field, string parameter, string? parsed)
    {
        var repair = new FieldRepair(likely: null);
        var joined = field is { } raw ? BrokenParameter.Join(raw.Span, parameter, repair) : null;
        var file = FileName.Clean(BrokenParameter.Unpercent(joined ?? parsed, repair));
        Guessed |= repair.Guessed;
        return file;
    }

    /// <summary>The first word is a media type (RFC 6838 §4.2) other than text.</summary>
    private static bool NamesOther(ReadOnlySpan<byte> field)
    {
        var word = field.TrimStart(" \t\r\n"u8);
        word = word[..(word.IndexOfAny(TypeEnds) is >= 0 and var end ? end : word.Length)];
        return System.Text.Encoding.Latin1.GetString(word).ToLowerInvariant()
            is "application" or "audio" or "font" or "image" or "message" or "model" or "multipart" or "video";
    }

    private string? OfType(ContentType type)
    {
        var repaired = typeField is { } field ? Repair(field) : default;
        return repaired.Equals(typeField.GetValueOrDefault())
            || !ContentType.TryParse(MimeParsing.Options, repaired.ToArray(), out var better)
            ? type.Name : better.Name;
    }

    private ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> field)
    {
        var repair = new FieldRepair(likely: null);
        var repaired = repair.Repair(BrokenParameter.Unwrap(field, repair));
        Guessed |= repair.Guessed;
        return repaired;
    }
}
