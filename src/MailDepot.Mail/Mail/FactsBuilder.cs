using System.Collections.Immutable;
using System.Text;

using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>The facts of one message while its header fields and parts come by.</summary>
/// <remarks>Fields wait until the header is whole: in which charset a program wrote them, only the Content-Type may tell.</remarks>
internal sealed class FactsBuilder(HeaderAllowance allowance)
{
    private readonly List<(HeaderId Name, ReadOnlyMemory<byte> Value)> fields = [];
    private readonly List<MessageInside> messages = [];
    private readonly SortedSet<MailFlag> flags = [];
    private readonly HashSet<HeaderId> seen = [];
    private bool hasField, isPreceded;
    private string? subject;
    private FieldRepair? repair;

    /// <summary>A field is there that makes the claim (<see cref="JournalClaim"/>).</summary>
    public bool ClaimsJournalReport { get; private set; }

    /// <summary>Which message of <see cref="MailFacts.Messages"/> it is, from 1 on; 0: the mail itself; -1: none, as there are too many.</summary>
    public int Number { get; set; }

    /// <summary>Bounded by whoever adds.</summary>
    public List<Attachment> Attachments { get; } = [];

    /// <summary>Decoded, unfolded, cut; of a header that is whole.</summary>
    public string? Subject => subject ??= First(HeaderId.Subject) is { } value ? Text(value) : null;

    private FieldRepair Repair => repair ??= new FieldRepair(Likely());

    /// <summary>Takes a header field in, if it is one that facts are made of.</summary>
    public void Add(Header header)
    {
        if (BareCarriageReturns.Part(header) is { } parted)
        {
            parted.ForEach(AddOne);
        }
        else
        {
            AddOne(header);
        }
    }

    /// <summary>Marks the facts; null marks nothing.</summary>
    public void Flag(MailFlag? flag)
    {
        if (flag is { } mark)
        {
            _ = flags.Add(mark);
        }
    }

    /// <summary>Takes in the facts of a message attached to this one, and of those inside it.</summary>
    public void Add(MailFacts message)
    {
        messages.Add(new MessageInside(1, message with { Messages = [] }));
        messages.AddRange(message.Messages.Select(inside => inside with { Depth = inside.Depth + 1 }));
    }

    /// <summary>The facts as far as they came.</summary>
    public MailFacts ToFacts()
    {
        var (from, to, cc) = (Addresses(HeaderId.From), Addresses(HeaderId.To), Addresses(HeaderId.Cc));
        var (replyTo, bcc, sender) = (Addresses(HeaderId.ReplyTo), Addresses(HeaderId.Bcc), Addresses(HeaderId.Sender));
        var date = MailDate.Read(First(HeaderId.Date), First(HeaderId.Received));
        Flag(date.Flag);

        var facts = new MailFacts
        {
            MessageId = First(HeaderId.MessageId) is { } id ? MessageId(id) : null,
            Date = date.Date,
            DateText = date.Text,
            Subject = Subject,
            From = from,
            Sender = sender.FirstOrDefault(),
            ReplyTo = replyTo,
            To = to,
            Cc = cc,
            Bcc = bcc,
            Attachments = [.. Attachments],
            Messages = [.. messages],
        };
        if (Repair.Guessed)
        {
            Flag(MailFlag.CharsetGuessed);
        }

        return facts with { Flags = [.. flags] };
    }

    private void AddOne(Header header)
    {
        if (!hasField)
        {
            header = HeaderPreamble.WithoutBom(header);
            if (HeaderPreamble.IsNoField(header))
            {
                isPreceded |= !HeaderPreamble.IsMboxLine(header.RawField);
                return;
            }

            hasField = true;
            Flag(isPreceded ? MailFlag.HeaderPreceded : null);
        }

        switch (header.Id)
        {
            case HeaderId.Subject or HeaderId.MessageId or HeaderId.Date or HeaderId.Received or HeaderId.ContentType or HeaderId.Sender:
                if (!seen.Contains(header.Id))
                {
                    Keep(header);
                }

                break;
            case HeaderId.From or HeaderId.ReplyTo or HeaderId.To or HeaderId.Cc or HeaderId.Bcc:
                Keep(header);
                break;
            default:
                ClaimsJournalReport |= JournalClaim.Matches(Encoding.Latin1.GetBytes(header.Field), header.RawValue);
                break;
        }
    }

    private void Keep(Header header)
    {
        var value = allowance.Take(header);
        _ = seen.Add(header.Id);
        if (value.Length < header.RawValue.Length)
        {
            Flag(MailFlag.HeaderCut);
        }

        if (!value.IsEmpty)
        {
            fields.Add((header.Id, value));
        }
    }

    private ReadOnlyMemory<byte>? First(HeaderId name)
    {
        foreach (var field in fields)
        {
            if (field.Name == name)
            {
                return field.Value;
            }
        }

        return null;
    }

    private ImmutableArray<EmailAddress> Addresses(HeaderId name)
    {
        var addresses = new List<EmailAddress>();
        foreach (var field in fields)
        {
            if (field.Name == name && !AddressField.AddTo(addresses, field.Value, Repair, allowance))
            {
                Flag(MailFlag.AddressBroken);
            }
        }

        return [.. addresses];
    }

    private string? MessageId(ReadOnlyMemory<byte> value)
    {
        var id = MimeUtils.ParseMessageId(value.ToArray(), 0, value.Length) ?? Repair.Text(value).Trim('<', '>');
        return id.Length == 0 ? null : HeaderAllowance.Cut(id, HeaderAllowance.MaxText);
    }

    private string Text(ReadOnlyMemory<byte> value) => HeaderAllowance.Cut(Repair.Text(value), HeaderAllowance.MaxText);

    /// <summary>The charset that the body is said to be in, if it could also be that of the header.</summary>
    private Encoding? Likely() =>
        First(HeaderId.ContentType) is { } value && ContentType.TryParse(MimeParsing.Options, value.ToArray(), out var type)
            && Charsets.Find(type.Charset) is { CodePage: not 65001 } charset ? charset : null;
}
