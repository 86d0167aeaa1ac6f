using System.Collections.Immutable;
using System.Runtime.InteropServices;

using MimeKit.Tnef;

namespace MailDepot.Mail;

/// <summary>A winmail.dat read as a message (MS-OXTNEF): what was written in it, and the messages attached to it.</summary>
/// <remarks>Read only of a mail that claims to be a journal report: Exchange packs the whole report so where rich text is preserved.</remarks>
/// <param name="Texts">Its body in each form it has: plain text, HTML and RTF without their markup, in this order.</param>
/// <param name="Messages">The messages attached to it, with their own facts.</param>
public sealed record TnefMessage(ImmutableArray<string> Texts, ImmutableArray<MailFacts> Messages)
{
    /// <summary>Messages in messages; Outlook's own are one.</summary>
    private const int MaxDepth = 4;

    /// <summary>Messages attached to one; a report has one, with IRM two.</summary>
    private const int MaxMessages = 10;

    /// <summary>Octets of the interface id before the TNEF of an attached message (MS-OXTNEF §2.1.3.4).</summary>
    private const int InterfaceIdBytes = 16;

    /// <summary>Reads what is held of a winmail.dat, as far as it can be read; never fails.</summary>
    /// <param name="tnef">Its octets, or their beginning.</param>
    /// <param name="name">The part's file name.</param>
    public static TnefMessage Read(ReadOnlyMemory<byte> tnef, string? name)
    {
        var (fields, messages) = ReadAt(tnef, name ?? "winmail.dat", codePage: 0, depth: 1);
        return new TnefMessage([.. fields.Texts()], messages);
    }

    private static (TnefFields Fields, ImmutableArray<MailFacts> Messages) ReadAt(ReadOnlyMemory<byte> tnef, string name, int codePage, int depth)
    {
        var (fields, inside) = (new TnefFields(), ImmutableArray.CreateBuilder<MailFacts>());
        try
        {
            using var octets = MemoryMarshal.TryGetArray(tnef, out var held) ? new MemoryStream(held.Array!, held.Offset, held.Count, writable: false) : new MemoryStream(tnef.ToArray());
            using var reader = new TnefReader(octets, codePage, TnefComplianceMode.Loose);
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
            // Octets from strangers: whatever the library trips over, what was found before counts. The facts of the
            // whole mail are flagged by TnefContent, which reads the same octets.
        }

        return (fields, inside.DrainToImmutable());
    }

    /// <summary>Its own, with the files in it and the messages inside it.</summary>
    private static MailFacts Facts(byte[] tnef, string name, int codePage, int depth)
    {
        var (fields, messages) = ReadAt(tnef, name, codePage, depth);
        return fields.ToFacts() with
        {
            Attachments = [.. TnefContent.Unpack(tnef, name, MailFacts.MaxAttachments, isWhole: true).Attachments],
            Messages = [.. messages.SelectMany(message => message.Messages.Select(one => one with { Depth = one.Depth + 1 }).Prepend(new MessageInside(1, message with { Messages = [] })))],
        };
    }

    /// <summary>The TNEF of each message that an attachment's properties hold: one, or none.</summary>
    /// <remarks>
    /// MimeKit 4.18 knows a message only where PidTagAttachMethod comes before the object; writers that sort their properties
    /// put it behind. So the object itself is looked at: an interface id, then TNEF.
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
                var octets = held.ToArray();
                if (octets.Length > InterfaceIdBytes && TnefContent.Is(octets.AsSpan(InterfaceIdBytes)))
                {
                    yield return octets[InterfaceIdBytes..];
                }
            }
        }
    }
}
