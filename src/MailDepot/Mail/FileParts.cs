using MimeKit;

namespace MailDepot.Mail;

/// <summary>Makes attachments of the parts of a mail and of the messages inside it, as many as are kept.</summary>
internal sealed class FileParts(PartFields fields)
{
    private int ofMessages;

    /// <summary>The first winmail.dat of a mail that claims to be a journal report, read as a message.</summary>
    public TnefMessage? Report { get; private set; }

    /// <summary>Whether one more is kept; if not, the facts say so.</summary>
    public bool HasRoom(FactsDraft message)
    {
        if (Room(message) > 0)
        {
            return true;
        }

        message.Flag(MailFlag.PartsCut);
        return false;
    }

    /// <summary>Keeps one. <see cref="HasRoom"/> was asked before.</summary>
    public void Keep(FactsDraft message, Attachment attachment)
    {
        message.Attachments.Add(attachment);
        ofMessages += message.Number == 0 ? 0 : 1;
        if (fields.Guessed)
        {
            message.Flag(MailFlag.CharsetGuessed);
        }
    }

    /// <summary>Keeps a file, and what it holds if it is a winmail.dat, which is then the answer.</summary>
    /// <param name="parentSubtype">Of the multipart in which it stands, if it stands in one.</param>
    public TnefContent? Keep(FactsDraft message, ContentType type, string? parentSubtype, PartContent file)
    {
        var (name, held) = (fields.Name(type), file.Held);
        Keep(message, new Attachment(name, MediaType(type), file.Bytes, file.Finish()) { FoundType = FileType.Of(held.Span[..Math.Min(held.Length, FileType.Looked)]) });
        message.Flag(file.IsUncertain ? MailFlag.ContentUncertain : null);
        message.Flag(Protection.OfPart(type, parentSubtype, name, held.Span));
        if (!TnefContent.Is(held.Span))
        {
            message.Flag(type.MediaSubtype.EndsWith("ms-tnef", StringComparison.OrdinalIgnoreCase) ? MailFlag.TnefBroken : null);
            return null;
        }

        var tnef = TnefContent.Unpack(held, name, Room(message), isWhole: held.Length == file.Bytes);
        tnef.Attachments.ForEach(attachment => Keep(message, attachment));
        Report ??= message is { ClaimsJournalReport: true, Number: 0 } ? TnefMessage.Read(held, name) : null;
        message.Flag(tnef.IsBroken ? MailFlag.TnefBroken : null);
        message.Flag(tnef.IsCut ? MailFlag.PartsCut : null);
        return tnef;
    }

    /// <summary>As declared, lower case.</summary>
    public static string MediaType(ContentType type) => HeaderAllowance.Cut(type.MimeType.ToLowerInvariant(), FileName.MaxLength);

    private int Room(FactsDraft message) => MailFacts.MaxAttachments - (message.Number == 0 ? message.Attachments.Count : ofMessages);
}
