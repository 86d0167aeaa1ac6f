using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>The facts of one message while its header fields and parts come by.</summary>
internal sealed class FactsDraft(HeaderAllowance allowance)
{
    private readonly List<EmailAddress> from = [];
    private readonly List<EmailAddress> to = [];
    private readonly List<EmailAddress> cc = [];
    private readonly List<EmailAddress> bcc = [];
    private string? messageId;
    private DateTimeOffset? date;

    /// <summary>Decoded, unfolded, cut.</summary>
    public string? Subject { get; private set; }

    /// <summary>An <c>X-MS-Journal-Report</c> field is there, with whatever value: it is usually empty.</summary>
    public bool ClaimsJournalReport { get; private set; }

    /// <summary>Bounded by whoever adds.</summary>
    public List<Attachment> Attachments { get; } = [];

    /// <summary>Takes a header field in, if it is one that facts are made of. The first of its name counts; address fields add up.</summary>
    public void Add(Header header)
    {
        switch (header.Id)
        {
            case HeaderId.Subject:
                Subject ??= Text(header);
                break;
            case HeaderId.MessageId:
                messageId ??= MessageId(header);
                break;
            case HeaderId.Date:
                date ??= DateUtils.TryParse(header.RawValue, 0, allowance.Take(header), out var read) ? read : null;
                break;
            case HeaderId.From:
                AddAddresses(from, header);
                break;
            case HeaderId.To:
                AddAddresses(to, header);
                break;
            case HeaderId.Cc:
                AddAddresses(cc, header);
                break;
            case HeaderId.Bcc:
                AddAddresses(bcc, header);
                break;
            default:
                ClaimsJournalReport |= header.Field.Equals("X-MS-Journal-Report", StringComparison.OrdinalIgnoreCase);
                break;
        }
    }

    /// <summary>The facts as far as they came.</summary>
    public MailFacts ToFacts() => new()
    {
        MessageId = messageId,
        Date = date,
        Subject = Subject,
        From = [.. from],
        To = [.. to],
        Cc = [.. cc],
        Bcc = [.. bcc],
        Attachments = [.. Attachments],
    };

    /// <summary>At most <paramref name="length"/> characters, never half a surrogate pair.</summary>
    public static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private string? MessageId(Header header)
    {
        var length = allowance.Take(header);
        var id = MimeUtils.ParseMessageId(header.RawValue, 0, length) ?? Decode(header, length).Trim('<', '>');
        return id.Length == 0 ? null : Cut(id, HeaderAllowance.MaxText);
    }

    private string Text(Header header) => Cut(Decode(header, allowance.Take(header)), HeaderAllowance.MaxText);

    private static string Decode(Header header, int length) =>
        Header.Unfold(Rfc2047.DecodeText(MimeParsing.Options, header.RawValue, 0, length));

    private void AddAddresses(List<EmailAddress> addresses, Header header)
    {
        var length = allowance.Take(header);
        var options = allowance.MayBeTolerant(length) ? MimeParsing.Options : MimeParsing.Strict;
        var mailboxes = InternetAddressList.TryParse(options, header.RawValue, 0, length, out var list)
            ? [.. list.Mailboxes]
            : Salvage(header.RawValue.AsSpan(0, length));
        addresses.AddRange(mailboxes.Where(mailbox => mailbox.Address.Length > 0).Select(mailbox => new EmailAddress(
            Cut(mailbox.Address, HeaderAllowance.MaxText),
            string.IsNullOrEmpty(mailbox.Name) ? null : Cut(mailbox.Name, HeaderAllowance.MaxText))));
        if (list is null && mailboxes.Count == 0 && Decode(header, length) is { Length: > 0 } text)
        {
            addresses.Add(new EmailAddress(Cut(text, HeaderAllowance.MaxText)));
        }
    }

    /// <summary>What can be read of a broken field: its pieces between commas that are addresses. A comma in quotes parts nothing.</summary>
    private static List<MailboxAddress> Salvage(ReadOnlySpan<byte> field)
    {
        var (found, start, quoted) = (new List<MailboxAddress>(), 0, false);
        for (var n = 0; n <= field.Length; n++)
        {
            var octet = n < field.Length ? field[n] : (byte)',';
            quoted ^= octet is (byte)'"';
            if (n == field.Length || (octet is (byte)',' && !quoted))
            {
                if (MailboxAddress.TryParse(MimeParsing.Strict, field[start..n].ToArray(), out var mailbox) && mailbox.Address.Contains('@', StringComparison.Ordinal))
                {
                    found.Add(mailbox);
                }

                start = n + 1;
            }
        }

        return found;
    }
}

/// <summary>Octets of header fields from which facts may still be made, for a mail and all messages attached to it.</summary>
internal sealed class HeaderAllowance
{
    /// <summary>Octets of one field: Exchange takes no longer header in all (Set-ReceiveConnector, MaxHeaderSize).</summary>
    private const int MaxField = 256 * 1024;

    /// <summary>Characters of a subject, an id, an address or a name: twice the longest line (RFC 5322 §2.1.1).</summary>
    public const int MaxText = 2 * 998;

    /// <summary>Characters of a file name: what Windows and Linux take.</summary>
    public const int MaxFileName = 255;

    /// <summary>A report of the longest header around a mail of the longest header is read whole; a thousand attached mails don't fill memory.</summary>
    private int left = 4 * MaxField;

    /// <summary>Octets of address fields that may be read with tolerance for commas in names: some 50 ms for 4 KiB at the worst, the square for more.</summary>
    private const int MaxTolerantField = 4 * 1024;

    private int tolerance = 16 * MaxTolerantField;

    /// <summary>How many octets of the field's value to read.</summary>
    public int Take(Header header)
    {
        var count = Math.Min(header.RawValue.Length, Math.Min(MaxField, left));
        left -= count;
        return count;
    }

    /// <summary>Whether an address field of so many octets may be read with the tolerance that costs time.</summary>
    public bool MayBeTolerant(int length)
    {
        if (length > MaxTolerantField || length > tolerance)
        {
            return false;
        }

        tolerance -= length;
        return true;
    }
}
