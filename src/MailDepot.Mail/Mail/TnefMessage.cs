using System.Collections.Immutable;
using System.Runtime.InteropServices;

using MimeKit.Tnef;

namespace MailDepot.Mail;

/// <summary>A winmail.dat read as a message (MS-OXTNEF): its texts and the messages attached to it.</summary>
/// <remarks>
/// Only for a mail that claims to be a journal report: Exchange packs the whole report this way where rich text is preserved.
/// </remarks>
/// <param name="Texts">Its body in each available form, without markup: plain text, HTML, RTF, in this order.</param>
/// <param name="Messages">The messages attached to it, with their own facts.</param>
public sealed record TnefMessage(ImmutableArray<string> Texts, ImmutableArray<MailFacts> Messages)
{
    /// <summary>Depth of nested messages; Outlook's own have one.</summary>
    private const int MaxDepth = 4;

    /// <summary>Messages attached to a message; a report has one, with IRM two.</summary>
    private const int MaxMessages = 10;

    /// <summary>Bytes of the interface id before the TNEF of an attached message (MS-OXTNEF §2.1.3.4).</summary>
    private const int InterfaceIdBytes = 16;

    /// <summary>Reads a winmail.dat as far as possible; never fails.</summary>
    /// <param name="tnef">Its bytes, or the first of them.</param>
    /// <param name="name">The part's file name.</param>
    public static TnefMessage Read(ReadOnlyMemory<byte> tnef, string? name)
    {
        var (fields, messages) = ReadAt(tnef, name ?? "winmail.dat", codePage: 0, depth: 1);
        return new TnefMessage([.. fields.Texts()], messages);
    }

    private static (TnefFields Fields, ImmutableArray<MailFacts> Messages) ReadAt(
        ReadOnlyMemory<byte> tnef, string name, int codePage, int depth)
    {
        var (fields, inside) = (new TnefFields(), ImmutableArray.CreateBuilder<MailFacts>());
        try
        {
            using var bytes = MemoryMarshal.TryGetArray(tnef, out var held)
                ? new MemoryStream(held.Array!, held.Offset, held.Count, writable: false)
                : new MemoryStream(tnef.ToArray());
            using var reader = new TnefReader(bytes, codePage, TnefComplianceMode.Loose);
            for (var steps = tnef.Length; steps > 0 && reader.ReadNextAttribute(); steps--)
            {
                if (reader.AttributeTag is TnefAttributeTag.Attachment && depth < MaxDepth && inside.Count < MaxMessages)
                {
                    foreach (var message in Attached(reader.TnefPropertyReader))
                    {
                        inside.Add(Facts(message, name, reader.MessageCodepage, depth + 1));
                    }
                }
                else
                {
                    fields.Take(reader);
                }
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Untrusted input: whatever the library trips over, what was found so far counts. TnefContent, which reads the same
            // bytes, flags the mail's facts.
        }

        return (fields, inside.DrainToImmutable());
    }

    /// <summary>The facts of an attached message, with the files and messages inside it.</summary>
    private static MailFacts Facts(byte[] tnef, string name, int codePage, int depth)
    {
        var (fields, messages) = ReadAt(tnef, name, codePage, depth);
        return fields.ToFacts() with
        {
            Attachments = [.. TnefContent.Unpack(tnef, name, MailFacts.MaxAttachments, isWhole: true).Attachments],
            Messages = [.. messages.SelectMany(Flattened)],
        };
    }

    private static IEnumerable<MessageInside> Flattened(MailFacts message) => message.Messages
        .Select(inside => inside with { Depth = inside.Depth + 1 })
        .Prepend(new MessageInside(1, message with { Messages = [] }));

    /// <summary>The TNEF of each message in an attachment's properties: one or none.</summary>
    /// <remarks>
    /// MimeKit 4.18 recognizes a message only if PidTagAttachMethod comes before the object; writers that sort their properties
    /// put it after. So the object itself is checked: an interface id, then TNEF.
    /// </remarks>
    private static IEnumerable<byte[]> Attached(TnefPropertyReader property)
    {
        while (property.ReadNextProperty())
        {
            if (property.PropertyTag is { Id: TnefPropertyId.AttachData, ValueTnefType: TnefPropertyType.Object })
            {
                using var held = new MemoryStream();
                using var value = property.GetRawValueReadStream();
                value.CopyTo(held);
                var bytes = held.ToArray();
                if (bytes.Length > InterfaceIdBytes && TnefContent.Is(bytes.AsSpan(InterfaceIdBytes)))
                {
                    yield return bytes[InterfaceIdBytes..];
                }
            }
        }
    }
}
