using System.Buffers;
using System.Globalization;
using System.Text;

namespace MailDepot.Mail;

/// <summary>Reads file names from parameters that only resemble RFC 2231, or that were encoded as a whole.</summary>
internal static class BrokenParameter
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);

    /// <summary>
    /// The text of a parameter written with a star: with the charset a star requires (RFC 2231 §4), which may be wrong or
    /// missing, or in sections that encoded words run across. Null if there is none and MimeKit's reading applies.
    /// </summary>
    /// <param name="field">The field as received.</param>
    /// <param name="name">The parameter's name, lower case.</param>
    /// <param name="repair">Decodes.</param>
    public static string? Join(ReadOnlySpan<byte> field, string name, FieldRepair repair)
    {
        if (field.IndexOf((byte)'*') < 0)
        {
            return null;
        }

        var sections = new SortedDictionary<int, (byte[] Value, bool IsStarred)>();
        for (var rest = field; Next(ref rest, out var key, out var value);)
        {
            var parts = key.TrimEnd('*').Split('*');
            var number = 0;
            if (parts[0].Equals(name, StringComparison.OrdinalIgnoreCase) && key.Contains('*', StringComparison.Ordinal)
                && parts.Length <= 2
                && (parts.Length == 1 || int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out number)))
            {
                _ = sections.TryAdd(number, (value, key.EndsWith('*')));
            }
        }

        byte[] joined = [.. sections.Values.SelectMany(section => section.Value)];
        if (joined.AsSpan().IndexOf("=?"u8) >= 0)
        {
            return repair.Text(joined);
        }

        if (!sections.TryGetValue(0, out var first) || !first.IsStarred)
        {
            return null;
        }

        if (!NamesCharset(first.Value, out var charset, out var length))
        {
            return repair.Text(joined);
        }

        byte[] bytes = [.. sections.Values.SelectMany(section => section.IsStarred ? Unescape(section.Value) : section.Value).Skip(length)];
        return repair.Decode(bytes, charset);
    }

    /// <summary>Decodes a field whose value or parameters were written as encoded words.</summary>
    public static ReadOnlyMemory<byte> Unwrap(ReadOnlyMemory<byte> field, FieldRepair repair)
    {
        var span = field.Span;
        for (var at = 0; at < span.Length;)
        {
            var start = at + Math.Max(0, span[at..].IndexOfAnyExcept(Blanks));
            if (span[start..].StartsWith("=?"u8))
            {
                return (byte[])[.. span[..start], .. Encoding.UTF8.GetBytes(repair.Text(field[start..]))];
            }

            var next = span[start..].IndexOf((byte)';');
            at = next < 0 ? span.Length : start + next + 1;
        }

        return field;
    }

    /// <summary>
    /// Decodes percent signs in a name where they clearly encode letters: <c>utf-8''%C3%84.pdf</c> in a parameter without a
    /// star, or non-ASCII UTF-8. A name such as <c>100%25.pdf</c> is left alone.
    /// </summary>
    public static string? Unpercent(string? name, FieldRepair repair)
    {
        if (name is null || !name.Contains('%', StringComparison.Ordinal))
        {
            return name;
        }

        var parts = name.Split('\'', 3);
        var charset = parts.Length == 3 ? Charsets.Find(parts[0]) : null;
        var encoded = charset is null ? name : parts[2];
        if (!Ascii.IsValid(encoded))
        {
            return name;
        }

        var decoded = Unescape(Encoding.ASCII.GetBytes(encoded));
        return charset is not null ? repair.Decode(decoded, charset)
            : System.Text.Unicode.Utf8.IsValid(decoded) && !Ascii.IsValid(decoded) ? Encoding.UTF8.GetString(decoded)
            : name;
    }

    /// <summary>Decodes percent signs; one without two hexadecimal digits stands for itself.</summary>
    private static byte[] Unescape(ReadOnlySpan<byte> encoded)
    {
        var bytes = new List<byte>(encoded.Length);
        for (var at = 0; at < encoded.Length; at++)
        {
            if (encoded[at] == '%' && at + 2 < encoded.Length
                && char.IsAsciiHexDigit((char)encoded[at + 1]) && char.IsAsciiHexDigit((char)encoded[at + 2]))
            {
                bytes.Add(Convert.FromHexString(Encoding.ASCII.GetString(encoded.Slice(at + 1, 2)))[0]);
                at += 2;
            }
            else
            {
                bytes.Add(encoded[at]);
            }
        }

        return [.. bytes];
    }

    /// <summary>Reads the start of an extended value, <c>charset'language'</c>; either may be empty.</summary>
    private static bool NamesCharset(byte[] value, out Encoding? charset, out int length)
    {
        var parts = Encoding.Latin1.GetString(value).Split('\'', 3);
        charset = parts.Length == 3 ? Charsets.Find(parts[0]) : null;
        length = value.Length - parts[^1].Length;
        return parts.Length == 3 && (parts[0].Length == 0 || charset is not null);
    }

    /// <summary>Reads the next parameter, starting at the semicolon before it.</summary>
    private static bool Next(ref ReadOnlySpan<byte> rest, out string name, out byte[] value)
    {
        (name, value) = ("", []);
        var start = rest.IndexOf((byte)';');
        var equals = start < 0 ? -1 : rest[start..].IndexOf((byte)'=');
        if (equals < 0)
        {
            return false;
        }

        name = Encoding.Latin1.GetString(rest[(start + 1)..(start + equals)].Trim(" \t\r\n"u8));
        rest = rest[(start + equals + 1)..].TrimStart(" \t\r\n"u8);
        if (!rest.StartsWith("\""u8))
        {
            var end = rest.IndexOf((byte)';');
            var token = end < 0 ? rest : rest[..end];
            value = token.TrimEnd(" \t\r\n"u8).ToArray();
            rest = rest[token.Length..];
            return true;
        }

        var quoted = new List<byte>(rest.Length);
        var at = 1;
        for (; at < rest.Length && rest[at] != '"'; at++)
        {
            at += rest[at] == '\\' && at + 1 < rest.Length ? 1 : 0;
            quoted.Add(rest[at]);
        }

        value = [.. quoted];
        rest = rest[Math.Min(at + 1, rest.Length)..];
        return true;
    }
}
