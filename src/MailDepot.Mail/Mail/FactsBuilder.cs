using System.Collections.Immutable;
using System.Text;

using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>Collects the facts of one message as its header fields and parts are read.</summary>
/// <remarks>Fields are kept until the header is complete: only the Content-Type may tell which charset a program wrote them in.</remarks>
internal sealed class FactsBuilder(HeaderAllowance allowance)
{
    private readonly List<(HeaderId Name, ReadOnlyMemory<byte> Value)> fields = [];
    private readonly List<MessageInside> messages = [];
    private readonly SortedSet<MailFlag> flags = [];
    private readonly HashSet<HeaderId> seen = [];
    private bool hasField, isPreceded;
    private string? subject;
    private FieldRepair? repair;

    /// <summary>The header claims to be a journal report's (<see cref="JournalClaim"/>).</summary>
    public bool ClaimsJournalReport { get; private set; }

    /// <summary>Its number in <see cref="MailFacts.Messages"/>, from 1; 0: the mail itself; -1: not kept, as there are too many.</summary>
    public int Number { get; set; }

    /// <summary>The caller limits their number.</summary>
    public List<Attachment> Attachments { get; } = [];

    /// <summary>Decoded, unfolded, cut; call after the header is complete.</summary>
    public string? Subject => subject ??= First(HeaderId.Subject) is { } value ? Text(value) : null;

    private FieldRepair Repair => repair ??= new FieldRepair(Likely());

    /// <summary>Adds a header field, if facts are made from it.</summary>
    public void Add(Header header)
    {
        if (BareCarriageReturns.Split(header) is { } split)
        {
            split.ForEach(AddOne);
        }
        else
        {
            AddOne(header);
        }
    }

    /// <summary>Adds a flag; null adds none.</summary>
    public void Flag(MailFlag? flag)
    {
        if (flag is { } mark)
        {
            _ = flags.Add(mark);
        }
    }

    /// <summary>Adds the facts of a message attached to this one, and of the messages inside that.</summary>
    public void Add(MailFacts message)
    {
        messages.Add(new MessageInside(1, message with { Messages = [] }));
        messages.AddRange(message.Messages.Select(inside => inside with { Depth = inside.Depth + 1 }));
    }

    /// <summary>Builds the facts from what has been read so far.</summary>
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

    /// <summary>The declared charset of the body, if the header could be in it, too.</summary>
    private Encoding? Likely() =>
        First(HeaderId.ContentType) is { } value && ContentType.TryParse(MimeParsing.Options, value.ToArray(), out var type)
            && Charsets.Find(type.Charset) is { CodePage: not 65001 } charset ? charset : null;
}
