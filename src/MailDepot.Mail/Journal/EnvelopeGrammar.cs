using System.Collections.Immutable;
using System.Globalization;

namespace MailDepot.Journal;

/// <content>The grammar of the envelope part, MS-XJRNL §2.1.4.2, after all MIME decoding.</content>
public sealed partial record JournalEnvelope
{
    private const string Blanks = " \t\r";

    /// <summary>
    /// Reads the text of an envelope part. Lines are never folded, and only the name at the start of a line says what it is: a
    /// subject may contain anything. Names are case-insensitive; of a field that may occur once, the first counts; lines with
    /// other names, such as a gateway's footer, are ignored.
    /// </summary>
    public static JournalEnvelope Parse(string text)
    {
        var envelope = new JournalEnvelope();
        var recipients = ImmutableArray.CreateBuilder<JournalRecipient>();
        var inList = false;
        var rest = text.AsSpan().TrimStart('\uFEFF');
        while (!rest.IsEmpty)
        {
            // Only LF ends a line (a CR before it counts as a blank): U+2028 or a form feed in a subject does not.
            var end = rest.IndexOf('\n') is >= 0 and var found ? found : rest.Length;
            var line = rest[..end];
            rest = rest[Math.Min(end + 1, rest.Length)..];

            var colon = Math.Max(0, line.IndexOf(':'));
            var name = line[..colon].Trim(Blanks);
            var value = line.IsEmpty ? line : line[(colon + 1)..].Trim(Blanks);
            if (KindOf(name) is { } kind)
            {
                Add(recipients, value, kind);
                inList = Is(name, "Recipients");
            }
            else if (inList && line is [' ' or '\t', ..])
            {
                Add(recipients, line.Trim(Blanks), RecipientKind.Unknown);
            }
            else
            {
                envelope = value.IsEmpty ? envelope : envelope.With(name, value.ToString());
                inList = false;
            }
        }

        return envelope with { Recipients = recipients.DrainToImmutable() };
    }

    private JournalEnvelope With(ReadOnlySpan<char> name, string value) => name switch
    {
        _ when Is(name, "Sender") => this with { Sender = Sender ?? Address(value) },
        _ when Is(name, "On-Behalf-Of") => this with { OnBehalfOf = OnBehalfOf ?? Address(value) },
        _ when Is(name, "Subject") => this with { Subject = Subject ?? value },
        _ when Is(name, "Message-ID") => this with { MessageId = MessageId ?? Address(value) },
        _ when Is(name, "Label") => this with { Label = Label ?? value },
        _ when Is(name, "Mailbox") => this with { Mailbox = Mailbox ?? Address(value) },
        _ when Is(name, "SentUtc") => this with { SentUtc = SentUtc ?? Time(value) },
        _ when Is(name, "ReceivedUtc") || Is(name, "Received") => this with { ReceivedUtc = ReceivedUtc ?? Time(value) },
        _ => this,
    };

    private static RecipientKind? KindOf(ReadOnlySpan<char> name) => name switch
    {
        _ when Is(name, "Recipient") || Is(name, "Recipients") => RecipientKind.Unknown,
        _ when Is(name, "To") => RecipientKind.To,
        _ when Is(name, "Cc") => RecipientKind.Cc,
        _ when Is(name, "Bcc") => RecipientKind.Bcc,
        _ => null,
    };

    /// <summary>Adds the recipients of one line: an address, with every list and forward that led to it.</summary>
    private static void Add(ImmutableArray<JournalRecipient>.Builder recipients, ReadOnlySpan<char> value, RecipientKind kind)
    {
        var quoted = QuotedLength(value);
        var (lists, forwards) = (new List<string>(), new List<string>());
        while (LastSuffix(value, quoted) is var (comma, isExpanded))
        {
            var suffix = value[comma..];
            if (Address(suffix[(suffix.IndexOf(':') + 1)..].Trim(Blanks)) is { } address)
            {
                (isExpanded ? lists : forwards).Add(address); // in reverse order
            }

            value = value[..comma].TrimEnd(Blanks);
        }

        if (Address(value) is not { } recipient || !MayBeAddress(recipient))
        {
            return;
        }

        for (var n = 0; n == 0 || n < Math.Max(lists.Count, forwards.Count); n++)
        {
            recipients.Add(new JournalRecipient(
                recipient, kind, lists.ElementAtOrDefault(lists.Count - 1 - n), forwards.ElementAtOrDefault(forwards.Count - 1 - n)));
        }
    }

    /// <summary>A footer may have a line that starts like a recipient's, but with prose in place of an address.</summary>
    private static bool MayBeAddress(string value) =>
        value.Contains('@', StringComparison.Ordinal) || value[0] is '[' or '/' || !value.Contains(' ', StringComparison.Ordinal);

    /// <summary>Length of a quoted local part (RFC 5321 §4.1.2) or name at the line's start; commas in it don't start a suffix.</summary>
    private static int QuotedLength(ReadOnlySpan<char> value)
    {
        for (var end = 1; value is ['"', ..] && end < value.Length; end++)
        {
            if (value[end] is '"' && value[(end + 1)..].TrimStart(Blanks) is ['@' or '<', ..])
            {
                return end;
            }
        }

        return 0;
    }

    /// <summary>The last comma that starts a suffix; X.500 names contain commas, too.</summary>
    private static (int Comma, bool IsExpanded)? LastSuffix(ReadOnlySpan<char> value, int quoted)
    {
        for (var comma = value.LastIndexOf(','); comma > quoted; comma = value[..comma].LastIndexOf(','))
        {
            var rest = value[(comma + 1)..].TrimStart(Blanks);
            if (Begins(rest, "Expanded") || Begins(rest, "Forwarded"))
            {
                return (comma, Begins(rest, "Expanded"));
            }
        }

        return null;
    }

    private static bool Begins(ReadOnlySpan<char> rest, string name) =>
        rest.StartsWith(name, StringComparison.OrdinalIgnoreCase) && rest[name.Length..].TrimStart(Blanks) is [':', ..];

    /// <summary>
    /// The address without angle brackets and without the name before them that Exchange 2003 writes; null if nothing is left, as
    /// in <c>Sender: &lt;&gt;</c>.
    /// </summary>
    private static string? Address(ReadOnlySpan<char> value)
    {
        var bare = value.EndsWith(">") && value.LastIndexOf('<') is >= 0 and var start ? value[(start + 1)..^1].Trim() : value;
        return bare.IsEmpty ? null : bare.ToString();
    }

    /// <summary>A time in the formats of various server versions; UTC unless it says otherwise.</summary>
    private static DateTimeOffset? Time(string value)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, Utc, out var time) ? time : null;
    }

    private static bool Is(ReadOnlySpan<char> name, string expected) => name.Equals(expected, StringComparison.OrdinalIgnoreCase);
}
