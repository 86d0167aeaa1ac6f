using System.Collections.Immutable;
using System.Text;

using MimeKit;
using MimeKit.IO;
using MimeKit.Tnef;

namespace MailDepot.Mail;

/// <summary>Collects the properties of a message in TNEF (MS-OXPROPS) and makes facts from them.</summary>
/// <remarks>The message's original header comes first, if Exchange kept it; the properties were derived from it.</remarks>
internal sealed class TnefFields
{
    private const TnefPropertyId RepresentingSmtpAddress = (TnefPropertyId)0x5D02;

    private readonly Dictionary<TnefPropertyId, string> texts = [];
    private readonly List<(int Kind, EmailAddress Address)> recipients = [];
    private byte[] html = [];
    private byte[] rtf = [];
    private int htmlCodePage;
    private DateTime? sent;
    private DateTime? delivered;

    /// <summary>Adds an attribute, if it describes the message.</summary>
    public void Take(TnefReader reader)
    {
        var property = reader.TnefPropertyReader;
        switch (reader.AttributeTag)
        {
            case TnefAttributeTag.MapiProperties:
                while (property.ReadNextProperty())
                {
                    Take(property);
                }

                break;
            case TnefAttributeTag.RecipientTable:
                while (property.ReadNextRow())
                {
                    TakeRecipient(property);
                }

                break;
            case TnefAttributeTag.Body:
                texts.TryAdd(TnefPropertyId.Body, property.ReadValueAsString());
                break;
            case TnefAttributeTag.Subject:
                texts.TryAdd(TnefPropertyId.NormalizedSubject, property.ReadValueAsString());
                break;
            case TnefAttributeTag.DateSent:
                sent ??= property.ReadValueAsDateTime();
                break;
        }
    }

    /// <summary>The body in each form it has.</summary>
    public IEnumerable<string> Texts()
    {
        if (texts.TryGetValue(TnefPropertyId.Body, out var plain))
        {
            yield return plain;
        }

        if (texts.TryGetValue(TnefPropertyId.BodyHtml, out var written))
        {
            yield return HtmlText.Of(written);
        }
        else if (html.Length > 0)
        {
            yield return HtmlText.Of(Charsets.Decode(html, Charsets.OfCodePage(htmlCodePage)).Text);
        }

        if (rtf.Length > 0)
        {
            yield return RtfText.Of(Unpacked(rtf));
        }
    }

    /// <summary>The facts, without attachments.</summary>
    public MailFacts ToFacts()
    {
        var header = new FactsBuilder(new HeaderAllowance());
        if (Text(TnefPropertyId.TransportMessageHeaders) is { } fields)
        {
            using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(fields + "\r\n\r\n"));
            foreach (var field in HeaderList.Load(MimeParsing.Options, bytes))
            {
                header.Add(field);
            }
        }

        var facts = header.ToFacts();
        var (author, sender) = (Author(), Sender());
        var time = (sent ?? delivered) is { Year: > 1970 and < 2100 } believed ? believed : (DateTime?)null;
        return facts with
        {
            MessageId = facts.MessageId ?? Text(TnefPropertyId.InternetMessageId)?.Trim('<', '>', ' '),
            Date = facts.Date ?? (time is { } utc ? new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc)) : null),
            Flags = [.. facts.Flags.Where(flag => flag is not MailFlag.DateMissing || (facts.Date is null && time is null))],
            Subject = facts.Subject ?? Text(TnefPropertyId.Subject) ?? Text(TnefPropertyId.NormalizedSubject),
            From = facts.From.IsEmpty ? [.. new[] { author ?? sender }.OfType<EmailAddress>()] : facts.From,
            Sender = facts.Sender ?? (facts.From.IsEmpty && AreDifferent(author, sender) ? sender : null),
            To = facts.To.IsEmpty ? Of(kind: 1) : facts.To,
            Cc = facts.Cc.IsEmpty ? Of(kind: 2) : facts.Cc,
            Bcc = facts.Bcc.IsEmpty ? Of(kind: 3) : facts.Bcc,
        };
    }

    private static bool AreDifferent(EmailAddress? one, EmailAddress? other) =>
        one is not null && other is not null && EmailAddress.Key(one.Address) != EmailAddress.Key(other.Address);

    private void Take(TnefPropertyReader property)
    {
        var id = property.PropertyTag.Id;
        switch (id)
        {
            case TnefPropertyId.ClientSubmitTime:
                sent ??= property.ReadValueAsDateTime();
                break;
            case TnefPropertyId.MessageDeliveryTime:
                delivered ??= property.ReadValueAsDateTime();
                break;
            case TnefPropertyId.InternetCPID:
                htmlCodePage = property.ReadValueAsInt32();
                break;
            case TnefPropertyId.RtfCompressed when property.RawValueLength < BodyText.MaxBytes:
                rtf = property.ReadValueAsBytes();
                break;
            case TnefPropertyId.BodyHtml
                when property.ValueType == typeof(byte[]) && property.RawValueLength < BodyText.MaxBytes:
                html = property.ReadValueAsBytes();
                break;
            case TnefPropertyId.Body or TnefPropertyId.BodyHtml or TnefPropertyId.TransportMessageHeaders
                when property.ValueType == typeof(string) && property.RawValueLength < BodyText.MaxBytes:
                texts[id] = property.ReadValueAsString();
                break;
            case var _
                when !property.IsMultiValuedProperty && property.ValueType == typeof(string)
                    && property.RawValueLength < 4 * HeaderAllowance.MaxText:
                texts.TryAdd(id, HeaderAllowance.Cut(property.ReadValueAsString(), HeaderAllowance.MaxText));
                break;
        }
    }

    /// <summary>A row of the recipient table: 1 is To, 2 Cc, 3 Bcc (MS-OXCMSG §2.2.3.1.4).</summary>
    private void TakeRecipient(TnefPropertyReader property)
    {
        var (kind, fields) = (1, new TnefFields());
        while (property.ReadNextProperty())
        {
            if (property.PropertyTag.Id is TnefPropertyId.RecipientType)
            {
                kind = property.ReadValueAsInt32() & 0xF; // the upper bits are flags
            }
            else
            {
                fields.Take(property);
            }
        }

        if (recipients.Count < MailFacts.MaxAttachments * 10
            && fields.Address(TnefPropertyId.SmtpAddress, TnefPropertyId.EmailAddress, TnefPropertyId.DisplayName) is { } address)
        {
            recipients.Add((kind, address));
        }
    }

    private EmailAddress? Author() =>
        Address(RepresentingSmtpAddress, TnefPropertyId.SentRepresentingEmailAddress, TnefPropertyId.SentRepresentingName);

    private EmailAddress? Sender() =>
        Address(TnefPropertyId.SenderSmtpAddress, TnefPropertyId.SenderEmailAddress, TnefPropertyId.SenderName);

    /// <summary>The SMTP address if there is one, or else any other, such as Exchange's X.500 names.</summary>
    private EmailAddress? Address(TnefPropertyId smtp, TnefPropertyId other, TnefPropertyId name) =>
        (Text(smtp) ?? Text(other)) is { } address
            ? new EmailAddress(address, Text(name) is { } shown && shown != address ? shown : null)
            : null;

    private ImmutableArray<EmailAddress> Of(int kind) => [.. recipients.Where(one => one.Kind == kind).Select(one => one.Address)];

    private string? Text(TnefPropertyId id) => texts.GetValueOrDefault(id)?.Trim(' ', '\0') is { Length: > 0 } text ? text : null;

    /// <summary>Decompresses RTF (MS-OXRTFCP) up to <see cref="BodyText.MaxBytes"/>, as a little input can become a lot.</summary>
    private static byte[] Unpacked(byte[] rtf)
    {
        using var unpacking = new FilteredStream(new MemoryStream(rtf));
        unpacking.Add(new RtfCompressedToRtf());
        var unpacked = new byte[BodyText.MaxBytes];
        return unpacked[..unpacking.ReadAtLeast(unpacked, unpacked.Length, throwOnEndOfStream: false)];
    }
}
