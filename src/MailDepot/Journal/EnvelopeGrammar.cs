using System.Collections.Immutable;

namespace MailDepot.Journal;

/// <content>The grammar of the envelope part, MS-XJRNL §2.1.4.2, after all MIME decoding.</content>
public sealed partial record JournalEnvelope
{
    private const string Blanks = " \t\r";

    /// <summary>
    /// Reads the text of an envelope part. Lines are never folded, and only the name at a line's start says what the
    /// line is: a subject may contain anything. Names match without case; a field that may stand once counts where it
    /// stands first; lines of other names are passed over.
    /// </summary>
    public static JournalEnvelope Parse(string text)
    {
        var envelope = new JournalEnvelope();
        var recipients = ImmutableArray.CreateBuilder<JournalRecipient>();
        var rest = text.AsSpan().TrimStart('\uFEFF');
        while (!rest.IsEmpty)
        {
            // Only LF ends a line, a CR before it is a blank: U+2028 or a form feed in a subject begins no line.
            var end = rest.IndexOf('\n') is >= 0 and var found ? found : rest.Length;
            var line = rest[..end];
            rest = rest[Math.Min(end + 1, rest.Length)..];

            var colon = Math.Max(0, line.IndexOf(':'));
            var name = line[..colon].Trim(Blanks);
            var value = line.IsEmpty ? line : line[(colon + 1)..].Trim(Blanks);
            if (KindOf(name) is not { } kind)
            {
                envelope = value.IsEmpty ? envelope : envelope.With(name, value.ToString());
            }
            else if (Recipient(value, kind) is { } recipient)
            {
                recipients.Add(recipient);
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
        _ => this,
    };

    private static RecipientKind? KindOf(ReadOnlySpan<char> name) => name switch
    {
        _ when Is(name, "Recipient") => RecipientKind.Unknown,
        _ when Is(name, "To") => RecipientKind.To,
        _ when Is(name, "Cc") => RecipientKind.Cc,
        _ when Is(name, "Bcc") => RecipientKind.Bcc,
        _ => null,
    };

    private static JournalRecipient? Recipient(ReadOnlySpan<char> value, RecipientKind kind)
    {
        // Commas in a quoted local part (RFC 5321 §4.1.2) begin no suffix.
        var quoted = value.StartsWith("\"") ? value[1..].IndexOf("\"@") + 1 : 0;
        var (expanded, forwarded) = ((string?)null, (string?)null);
        while (LastSuffix(value, quoted) is var (comma, isExpanded))
        {
            var suffix = value[comma..];
            var address = Address(suffix[(suffix.IndexOf(':') + 1)..].Trim(Blanks));
            (expanded, forwarded) = isExpanded ? (address, forwarded) : (expanded, address);
            value = value[..comma].TrimEnd(Blanks);
        }

        return Address(value) is { } recipient ? new JournalRecipient(recipient, kind, expanded, forwarded) : null;
    }

    /// <summary>The last comma that begins a suffix: other commas stand in X.500 names.</summary>
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

    /// <summary>Without angle brackets; null if nothing is left, as in <c>Sender: &lt;&gt;</c>.</summary>
    private static string? Address(ReadOnlySpan<char> value)
    {
        var bare = value is ['<', .. var inner, '>'] ? inner.Trim() : value;
        return bare.IsEmpty ? null : bare.ToString();
    }

    private static bool Is(ReadOnlySpan<char> name, string expected) => name.Equals(expected, StringComparison.OrdinalIgnoreCase);
}
