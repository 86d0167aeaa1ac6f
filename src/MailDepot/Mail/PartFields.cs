using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>What a part's header says of its content. The first field of a name counts.</summary>
internal sealed class PartFields
{
    private ReadOnlyMemory<byte>? typeField;
    private ContentDisposition? disposition;
    private ContentEncoding? encoding;

    /// <summary>How the content is encoded.</summary>
    public ContentEncoding Encoding => encoding ?? ContentEncoding.Default;

    /// <summary>It is to be saved, not shown.</summary>
    public bool IsAttachment => disposition is { IsAttachment: true };

    /// <summary>Letters of a name were guessed.</summary>
    public bool Guessed { get; private set; }

    /// <summary>For the next header.</summary>
    public void Restart() => (typeField, disposition, encoding, Guessed) = (null, null, null, false);

    /// <summary>Takes a field in, if it is one of these.</summary>
    public void Add(Header header)
    {
        switch (header.Id)
        {
            case HeaderId.ContentType when typeField is null:
                typeField = header.RawValue;
                break;
            case HeaderId.ContentDisposition when disposition is null:
                _ = ContentDisposition.TryParse(MimeParsing.Options, Mend(header.RawValue).ToArray(), out disposition);
                break;
            case HeaderId.ContentTransferEncoding when encoding is null:
                _ = MimeUtils.TryParse(header.Value, out ContentEncoding declared);
                encoding = declared;
                break;
        }
    }

    /// <summary>The file name: of the disposition, else of the type; cleaned.</summary>
    public string? Name(ContentType type)
    {
        if (disposition?.FileName is { } file && FileName.Clean(file) is { } name)
        {
            return name;
        }

        var mended = typeField is { } field ? Mend(field) : default;
        return FileName.Clean(mended.Equals(typeField.GetValueOrDefault()) || !ContentType.TryParse(MimeParsing.Options, mended.ToArray(), out var better) ? type.Name : better.Name);
    }

    private ReadOnlyMemory<byte> Mend(ReadOnlyMemory<byte> field)
    {
        var repair = new FieldRepair(likely: null);
        var mended = repair.Mend(field);
        Guessed |= repair.Guessed;
        return mended;
    }
}
