using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MailDepot.Smtp;

/// <summary>The path of MAIL and RCPT (RFC 5321 §4.1.2): angle brackets, a source route, a mailbox.</summary>
/// <remarks>
/// As lenient as real mail requires: a local part may have dots anywhere (Japanese carriers issued such addresses) and domains
/// may have underscores. A refusal here would lose the mail.
/// </remarks>
internal static class SmtpPath
{
    /// <summary>The only recipient that may lack a domain (RFC 5321 §4.5.1).</summary>
    public const string Postmaster = "Postmaster";

    /// <summary>
    /// Bytes of a local part, an @ and a domain (RFC 5321 §4.5.3.1.1 and 2). Within them a local part may exceed its 64, as
    /// generated return paths do.
    /// </summary>
    public const int MaxMailboxLength = 320;

    private static readonly SearchValues<byte> LocalPart =
        SearchValues.Create("!#$%&'*+-./0123456789=?ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    private static readonly SearchValues<byte> Domain =
        SearchValues.Create("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> Literal =
        SearchValues.Create("-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Reads the path at the start of <paramref name="text"/>.</summary>
    /// <param name="text">UTF-8, from after <c>FROM:</c> or <c>TO:</c>.</param>
    /// <param name="mailbox">As given, without brackets and route; empty for <c>&lt;&gt;</c>.</param>
    /// <param name="rest">What follows the path: parameters, with the leading space.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out string? mailbox, out ReadOnlySpan<byte> rest)
    {
        mailbox = null;
        rest = default;
        if (text.StartsWith("<>"u8))
        {
            mailbox = "";
            rest = text["<>".Length..];
            return true;
        }

        if (text.IsEmpty || text[0] != '<')
        {
            return false;
        }

        var path = SkipRoute(text[1..]);
        if (MailboxLength(path) is not (<= MaxMailboxLength and var length) || length >= path.Length || path[length] != '>')
        {
            return false;
        }

        mailbox = Encoding.UTF8.GetString(path[..length]);
        rest = path[(length + 1)..];
        return true;
    }

    /// <summary>RFC 5321 §4.1.1.3: a receiver should ignore the route (<c>@a.example,@b.example:</c>).</summary>
    private static ReadOnlySpan<byte> SkipRoute(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path[0] != '@')
        {
            return path;
        }

        var colon = path.IndexOf((byte)':');
        return colon < 0 ? path : path[(colon + 1)..];
    }

    /// <summary>Bytes of the mailbox; null if it is invalid.</summary>
    private static int? MailboxLength(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || LocalPartLength(path) is not (> 0 and var local))
        {
            return null;
        }

        if (local == path.Length || path[local] != '@')
        {
            return Ascii.EqualsIgnoreCase(path[..local], Postmaster) ? local : null;
        }

        return DomainLength(path[(local + 1)..]) is > 0 and var domain ? local + 1 + domain : null;
    }

    private static int LocalPartLength(ReadOnlySpan<byte> path)
    {
        if (path[0] != '"')
        {
            return Span(path, LocalPart);
        }

        for (var i = 1; i < path.Length; i++)
        {
            switch (path[i])
            {
                case (byte)'"':
                    return i + 1;
                case (byte)'\\' when i + 1 < path.Length && path[i + 1] is >= (byte)' ' and not 0x7f:
                    i++;
                    break;
                case (byte)'\\' or < (byte)' ' or 0x7f:
                    return 0;
            }
        }

        return 0;
    }

    private static int DomainLength(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] != '[')
        {
            return Span(text, Domain);
        }

        // RFC 5321 §4.1.3: [192.0.2.1], [IPv6:2001:db8::1].
        var content = Span(text[1..], Literal);
        return content > 0 && content + 1 < text.Length && text[content + 1] == ']' ? content + 2 : 0;
    }

    /// <summary>Leading bytes that are in <paramref name="set"/> or belong to a non-ASCII character (RFC 6531 §3.3).</summary>
    private static int Span(ReadOnlySpan<byte> text, SearchValues<byte> set)
    {
        var end = 0;
        while (end < text.Length && (text[end] > 0x7f || set.Contains(text[end])))
        {
            end++;
        }

        return end;
    }
}
