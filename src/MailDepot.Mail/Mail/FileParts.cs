using MimeKit;

namespace MailDepot.Mail;

/// <summary>Records attachments from the parts of a mail and of the messages inside it, up to the limit.</summary>
/// <param name="fields">The header of the current part.</param>
/// <param name="tree">The open messages.</param>
/// <param name="level">How many files enclose these parts.</param>
/// <param name="unpackedFrom">The signed file that contains these parts; null for those of the mail itself.</param>
internal sealed class FileParts(PartFields fields, MessageTree tree, int level, string? unpackedFrom)
{
    private readonly FactsBuilder? outer = unpackedFrom is null ? null : tree.Current;

    /// <summary>The first winmail.dat of a mail that claims to be a journal report, read as a message.</summary>
    public TnefMessage? Report { get; private set; }

    /// <summary>Whether one more attachment is kept; if not, the facts are flagged.</summary>
    public bool HasRoom()
    {
        if (Room() > 0)
        {
            return true;
        }

        tree.Current.Flag(MailFlag.PartsCut);
        return false;
    }

    /// <summary>Starts reading a part's content; null if the content is not needed.</summary>
    /// <param name="type">The declared type.</param>
    /// <param name="isText">The part is displayed as text, whether or not it is also a file.</param>
    public PartContent? Open(ContentType type, bool isText)
    {
        var isFile = fields.IsFile(type) && !IsTooDeep(type) && HasRoom();
        var hold = Math.Max(isFile ? FileType.SniffedBytes : 0, isText ? tree.Texts?.Left ?? 0 : 0);
        var mayHoldFiles = isText && !isFile && type.IsMimeType("text", "plain");
        if (!isFile && !mayHoldFiles && hold == 0)
        {
            return null;
        }

        var name = fields.Name(type);
        var content = new PartContent(fields.Encoding, isFile, hold)
        {
            Name = name,
            Inside = isFile ? InnerWalk.Of(type, name, fields.IsEncoded, tree, level) : null,
            Place = tree.Current.Attachments.Count,
        };
        if (mayHoldFiles)
        {
            content.FindFiles(OpenInText);
        }

        return content;
    }

    /// <summary>Processes what has arrived of the content inside the part, and keeps the files completed in a text.</summary>
    public async Task PumpAsync(PartContent part)
    {
        await part.PumpAsync();
        for (; part.Files is { } found && found.TryTake(out var file); file.Content.Dispose())
        {
            var tnef = Keep(file);
            tree.Texts?.Add(tnef);
        }
    }

    /// <summary>Keeps an attachment, if there is room.</summary>
    /// <param name="attachment">The attachment.</param>
    /// <param name="place">Where to insert it, before the files found inside it; null to append it.</param>
    public void Keep(Attachment attachment, int? place = null)
    {
        if (!HasRoom())
        {
            return;
        }

        var message = tree.Current;
        var isUnpacked = message == outer && attachment.UnpackedFrom is null;
        var kept = isUnpacked ? attachment with { UnpackedFrom = unpackedFrom } : attachment;
        message.Attachments.Insert(place ?? message.Attachments.Count, kept);
        tree.FilesOfMessages += message.Number == 0 ? 0 : 1;
        if (fields.Guessed)
        {
            message.Flag(MailFlag.CharsetGuessed);
        }
    }

    /// <summary>Keeps a file, and the files in it if it is a winmail.dat; returns that, or null.</summary>
    /// <param name="type">The declared type.</param>
    /// <param name="parentSubtype">The subtype of the enclosing multipart, if any.</param>
    /// <param name="file">The content, read to its end.</param>
    public TnefContent? Keep(ContentType type, string? parentSubtype, PartContent file)
    {
        var (message, name, held) = (tree.Current, file.Name, file.Held);
        name ??= file.Inside?.Subject is { } subject && OpenMessagePart.IsWhole(type) ? OpenMessagePart.NameOf(subject) : null;
        Keep(new Attachment(name, MediaType(type), file.Bytes, file.Finish()) { FoundType = Found(held.Span) }, file.Place);
        message.Flag(file.IsUncertain ? MailFlag.ContentUncertain : null);
        message.Flag(Protection.OfPart(type, parentSubtype, name, held.Span));
        if (!TnefContent.Is(held.Span))
        {
            message.Flag(type.MediaSubtype.EndsWith("ms-tnef", StringComparison.OrdinalIgnoreCase) ? MailFlag.TnefBroken : null);
            return null;
        }

        Report ??= message is { ClaimsJournalReport: true, Number: 0 } ? TnefMessage.Read(held, name) : null;
        return Unpack(file, name);
    }

    /// <summary>The declared media type, lower case.</summary>
    public static string MediaType(ContentType type) => HeaderAllowance.Cut(type.MimeType.ToLowerInvariant(), FileName.MaxLength);

    private static string? Found(ReadOnlySpan<byte> held) => FileType.Of(held[..Math.Min(held.Length, FileType.SniffedBytes)]);

    /// <summary>Keeps a uuencoded file found in a text; returns its content if it is a winmail.dat.</summary>
    private TnefContent? Keep(UuFile found)
    {
        var (file, held) = (found.Content, found.Content.Held);
        var type = Found(held.Span);
        Keep(new Attachment(file.Name, type ?? "application/octet-stream", file.Bytes, file.Finish()) { FoundType = type });
        tree.Current.Flag(found.IsUncertain || file.IsUncertain ? MailFlag.ContentUncertain : null);
        return TnefContent.Is(held.Span) ? Unpack(file, file.Name) : null;
    }

    private PartContent? OpenInText(ReadOnlyMemory<byte> name)
    {
        if (!HasRoom())
        {
            return null;
        }

        var repair = new FieldRepair(likely: null);
        var text = FileName.Clean(repair.Text(name));
        tree.Current.Flag(repair.Guessed ? MailFlag.CharsetGuessed : null);
        return new PartContent(ContentEncoding.Default, isHashed: true, FileType.SniffedBytes)
        {
            Name = text,
            Inside = InnerWalk.Of(new ContentType("application", "octet-stream"), text, isEncoded: true, tree, level),
        };
    }

    private TnefContent Unpack(PartContent file, string? name)
    {
        var tnef = TnefContent.Unpack(file.Held, name, Room(), isWhole: file.Held.Length == file.Bytes);
        tnef.Attachments.ForEach(attachment => Keep(attachment));
        tree.Current.Flag(tnef.IsBroken ? MailFlag.TnefBroken : null);
        tree.Current.Flag(tnef.IsCut ? MailFlag.PartsCut : null);
        return tnef;
    }

    private int Room() =>
        MailFacts.MaxAttachments - (tree.Current.Number == 0 ? tree.Current.Attachments.Count : tree.FilesOfMessages);

    /// <summary>A multipart nested beyond <see cref="MimeParsing.MaxDepth"/>, which the parser reports as a single part.</summary>
    private static bool IsTooDeep(ContentType type) => type.IsMimeType("multipart", "*");
}
