using System.Security.Cryptography;

using MimeKit.Tnef;

namespace MailDepot.Mail;

/// <summary>A winmail.dat, into which Outlook packs a mail's attachments (MS-OXTNEF): read by MimeKit and unpacked into facts.</summary>
/// <remarks>
/// TNEF compresses only RTF, which is not read here, so the output is no larger than the input. Lengths and counts in it are
/// untrusted: they never size an allocation, and reading takes no more steps than the file has bytes.
/// </remarks>
internal sealed class TnefContent
{
    /// <summary>Bytes of the signature.</summary>
    public const int SignatureBytes = 4;

    /// <summary>
    /// Bytes held for unpacking: MimeKit pulls them from a stream, while the mail is pushed. Of a larger file only the attachments
    /// at its beginning are found.
    /// </summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Depth of nested messages; Outlook's own have one.</summary>
    private const int MaxDepth = 4;

    /// <summary>Faults that MimeKit reports and Outlook commonly writes.</summary>
    private const TnefComplianceStatus Tolerated = TnefComplianceStatus.InvalidAttributeChecksum | TnefComplianceStatus.InvalidDate
        | TnefComplianceStatus.InvalidMessageClass | TnefComplianceStatus.InvalidMessageCodepage | TnefComplianceStatus.InvalidTnefVersion
        | TnefComplianceStatus.InvalidPropertyLength | TnefComplianceStatus.UnsupportedPropertyType;

    private readonly byte[] piece = new byte[16 * 1024];
    private readonly string unpackedFrom;
    private readonly int room;
    private long stepsLeft;

    private TnefContent(string unpackedFrom, int room, long steps) =>
        (this.unpackedFrom, this.room, stepsLeft) = (unpackedFrom, room, steps);

    /// <summary>In order.</summary>
    public List<Attachment> Attachments { get; } = [];

    /// <summary>The message's plain text, or else its HTML; null if it has neither.</summary>
    public (string Text, bool IsHtml)? Body { get; private set; }

    /// <summary>It could not be unpacked completely.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>It has more attachments than are kept.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whether a file starts with the TNEF signature (MS-OXTNEF §2.1.3.1).</summary>
    public static bool Is(ReadOnlySpan<byte> beginning) => beginning.StartsWith((ReadOnlySpan<byte>)[0x78, 0x9F, 0x3E, 0x22]);

    /// <summary>Unpacks a file; never fails.</summary>
    /// <param name="held">Its bytes, or the first <see cref="MaxBytes"/> of them.</param>
    /// <param name="name">The part's file name.</param>
    /// <param name="room">Attachments to keep at most.</param>
    /// <param name="isWhole">The bytes are complete.</param>
    public static TnefContent Unpack(ReadOnlyMemory<byte> held, string? name, int room, bool isWhole)
    {
        var content = new TnefContent(name ?? "winmail.dat", room, held.Length) { IsBroken = !isWhole };
        try
        {
            using var reader = new TnefReader(new MemoryStream(held.ToArray(), writable: false), 0, TnefComplianceMode.Loose);
            content.Read(reader, depth: 1);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Untrusted input: whatever the library trips over, the part is kept, and so is what was found so far.
            content.IsBroken = true;
        }

        return content;
    }

    private void Read(TnefReader reader, int depth)
    {
        OpenAttachment? open = null;
        while (Step() && reader.ReadNextAttribute())
        {
            switch (reader.AttributeTag)
            {
                case TnefAttributeTag.AttachRenderData:
                    Close(open);
                    open = new OpenAttachment();
                    break;
                case TnefAttributeTag.AttachTitle when open is not null:
                    open.Name ??= Text(reader.TnefPropertyReader);
                    break;
                case TnefAttributeTag.AttachData when open is not null:
                    Hash(open, (buffer, count) => reader.ReadAttributeRawValue(buffer, 0, count));
                    break;
                case TnefAttributeTag.Attachment when open is not null:
                    ReadProperties(reader.TnefPropertyReader, open, depth);
                    break;
                case TnefAttributeTag.MapiProperties when depth == 1:
                    ReadBody(reader.TnefPropertyReader);
                    break;
            }
        }

        Close(open);
        IsBroken |= (reader.ComplianceStatus & ~Tolerated) != TnefComplianceStatus.Compliant;
    }

    private void ReadProperties(TnefPropertyReader property, OpenAttachment open, int depth)
    {
        while (Step() && property.ReadNextProperty())
        {
            switch (property.PropertyTag.Id)
            {
                case TnefPropertyId.AttachLongFilename:
                    open.Name = Text(property) ?? open.Name;
                    break;
                case TnefPropertyId.AttachFilename or TnefPropertyId.DisplayName:
                    open.Name ??= Text(property);
                    break;
                case TnefPropertyId.AttachMimeTag:
                    open.Type = Text(property);
                    break;
                case TnefPropertyId.AttachData when property.IsEmbeddedMessage:
                    open.IsMessage = true;
                    open.Bytes = property.RawValueLength;
                    if (depth < MaxDepth)
                    {
                        using var inside = property.GetEmbeddedMessageReader();
                        Read(inside, depth + 1);
                    }

                    break;
                case TnefPropertyId.AttachData when open.Sha256 is null:
                    Hash(open, (buffer, count) => property.ReadRawValue(buffer, 0, count));
                    break;
            }
        }
    }

    private void ReadBody(TnefPropertyReader property)
    {
        while (Step() && property.ReadNextProperty())
        {
            if (property.PropertyTag.Id is TnefPropertyId.Body or TnefPropertyId.BodyHtml
                && property.RawValueLength is > 0 and < BodyText.MaxBytes)
            {
                var isHtml = property.PropertyTag.Id is TnefPropertyId.BodyHtml;
                var text = property.ValueType == typeof(byte[])
                    ? Charsets.Decode(property.ReadValueAsBytes(), label: null).Text
                    : property.ReadValueAsString();
                Body = Body is null or { IsHtml: true } && !string.IsNullOrWhiteSpace(text) ? (text, isHtml) : Body;
            }
        }
    }

    private static string? Text(TnefPropertyReader property) =>
        property.RawValueLength is > 0 and < 4 * HeaderAllowance.MaxText && property.ValueType == typeof(string)
            ? property.ReadValueAsString()
            : null;

    private void Hash(OpenAttachment open, Func<byte[], int, int> read)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        (open.Bytes, var first) = (0, true);
        for (int count; (count = read(piece, piece.Length)) > 0; first = false)
        {
            open.Found = first ? FileType.Of(piece.AsSpan(0, Math.Min(count, FileType.SniffedBytes))) : open.Found;
            hash.AppendData(piece, 0, count);
            open.Bytes += count;
        }

        open.Sha256 = Digest.FromHash(hash.GetHashAndReset());
    }

    private void Close(OpenAttachment? open)
    {
        if (open is null)
        {
            return;
        }

        if (Attachments.Count >= room)
        {
            IsCut = true;
            return;
        }

        var type = open.IsMessage ? "application/vnd.ms-outlook"
            : open.Type is { Length: > 0 } named ? HeaderAllowance.Cut(named.ToLowerInvariant(), FileName.MaxLength)
            : null;
        Attachments.Add(new Attachment(FileName.Clean(open.Name), type ?? open.Found ?? "application/octet-stream", open.Bytes, open.Sha256)
        {
            FoundType = open.Found,
            UnpackedFrom = unpackedFrom,
        });
    }

    private bool Step()
    {
        IsBroken |= stepsLeft == 0;
        return stepsLeft-- > 0;
    }

    private sealed class OpenAttachment
    {
        public string? Name { get; set; }

        public string? Type { get; set; }

        public string? Found { get; set; }

        public long Bytes { get; set; }

        public Digest? Sha256 { get; set; }

        public bool IsMessage { get; set; }
    }
}
