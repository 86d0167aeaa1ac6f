using System.Buffers;
using System.Text;

using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Mail;

/// <summary>Finds the addresses in a field that is not a valid address list; a piece without an address becomes a name.</summary>
/// <remarks>
/// Seen in real mail: a quotation mark too many or too few, semicolons between addresses (Outlook), <c>mailto:</c>, empty or
/// double brackets, names without addresses. An address in angle brackets wins over anything else that looks like one.
/// </remarks>
internal static class BrokenAddresses
{
    private static readonly SearchValues<char> Blanks = SearchValues.Create(" \t\r\n");

    /// <summary>Characters that an address can't have outside quotation marks (RFC 5322 §3.2.3).</summary>
    private static readonly SearchValues<char> NotInAddress = SearchValues.Create("\"<>(),;\\ \t\r\n");

    /// <summary>Adds what it finds; at least one entry for people to see, unless the field is blank.</summary>
    public static void AddTo(List<EmailAddress> addresses, ReadOnlySpan<byte> field)
    {
        var text = Header.Unfold(Encoding.UTF8.GetString(field)).Trim();
        var before = addresses.Count;
        var isLastName = false;
        foreach (var (piece, isAfterComma) in AddressPieces.Of(text))
        {
            var count = addresses.Count;
            Read(addresses, piece);

            // Lind, Anna <anna@example.com>
            if (isAfterComma && isLastName && piece.Contains('<') && !piece.StartsWith('"')
                && addresses.Count == count + 1 && addresses[count] is { Address.Length: > 0, Name: { } first })
            {
                addresses[count - 1] = addresses[count] with { Name = $"{addresses[count - 1].Name}, {first}" };
                addresses.RemoveAt(count);
            }

            isLastName = addresses.Count > before && addresses[^1].Address.Length == 0;
        }

        if (addresses.Count == before && text.Length > 0)
        {
            addresses.Add(new EmailAddress("", Decoded(text)));
        }
    }

    /// <summary>The address in a word, without the marks around it; null if there is none.</summary>
    public static string? Address(ReadOnlySpan<char> word)
    {
        word = word.TrimStart(" \t\r\n\"'<>;,").TrimEnd(" \t\r\n\"'<>;,.");
        var at = word.IndexOf('@');
        if (at < 0 || word[(at + 1)..].Contains('@'))
        {
            return null;
        }

        // drops mailto: and a group's name
        var local = word[(word[..at].LastIndexOf(':') + 1)..at].TrimStart("[\"' ");
        var domain = word[(at + 1)..];
        domain = domain.StartsWith('[') ? domain : domain.TrimEnd("]:");
        return !local.IsEmpty && !local.ContainsAny(NotInAddress) && IsDomain(domain) ? $"{local}@{domain}" : null;
    }

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        if (domain is ['[', .., ']'])
        {
            return !domain.ContainsAny(NotInAddress);
        }

        foreach (var letter in domain)
        {
            if (!char.IsLetterOrDigit(letter) && letter is not ('.' or '-' or '_'))
            {
                return false;
            }
        }

        return domain is not ([] or ['.', ..]);
    }

    private static void Read(List<EmailAddress> addresses, ReadOnlySpan<char> piece)
    {
        if (MailboxAddress.TryParse(MimeParsing.Strict, Encoding.UTF8.GetBytes(piece.ToString()), out var mailbox)
            && mailbox.Address.Contains('@') && (mailbox.Address.StartsWith('"') || Address(mailbox.Address) == mailbox.Address))
        {
            addresses.Add(new EmailAddress(mailbox.Address, Name(mailbox.Name)));
        }
        else if (!TryBrackets(addresses, piece) && !TryWords(addresses, piece) && Name(Decoded(piece.ToString())) is { } name)
        {
            // An encoded word can't be an address (RFC 2047 §5), but may contain one.
            if (!name.Contains('@') || !(TryBrackets(addresses, name) || TryWords(addresses, name)))
            {
                addresses.Add(new EmailAddress("", name));
            }
        }
    }

    /// <summary>Addresses in angle brackets, each with the words before it.</summary>
    private static bool TryBrackets(List<EmailAddress> addresses, ReadOnlySpan<char> piece)
    {
        var (before, from) = (addresses.Count, 0);
        for (var at = 0; piece[at..].IndexOf('<') is >= 0 and var open;)
        {
            var start = at + open + 1;
            var length = piece[start..].IndexOfAny('<', '>');
            var end = length < 0 ? piece.Length : start + length;
            if (Address(piece[start..end]) is { } address)
            {
                addresses.Add(new EmailAddress(address, Name(Decoded(piece[from..start].ToString()))));
                from = Math.Min(end + 1, piece.Length);
            }

            at = end;
        }

        return addresses.Count > before;
    }

    /// <summary>Addresses among other words, which become their name.</summary>
    private static bool TryWords(List<EmailAddress> addresses, ReadOnlySpan<char> piece)
    {
        var (found, name) = (new HashSet<string>(StringComparer.OrdinalIgnoreCase), new StringBuilder());
        foreach (var range in piece.SplitAny(" \t\r\n()"))
        {
            if (Address(piece[range]) is { } address)
            {
                _ = found.Add(address);
            }
            else
            {
                name.Append(' ').Append(piece[range]);
            }
        }

        addresses.AddRange(found.Select(address => new EmailAddress(address, Name(Decoded(name.ToString())))));
        return found.Count > 0;
    }

    /// <summary>The name without surrounding marks; null if nothing is left.</summary>
    private static string? Name(string? text)
    {
        var words = (text ?? "").Replace("\"", "", StringComparison.Ordinal).Replace("<>", "", StringComparison.Ordinal);
        var name = words.AsSpan().Trim(" \t<>;,:");
        return name.IsEmpty ? null : name.ToString();
    }

    private static string Decoded(string text) =>
        text.AsSpan().ContainsAnyExcept(Blanks) ? Rfc2047.DecodeText(MimeParsing.Options, Encoding.UTF8.GetBytes(text)) : "";
}
