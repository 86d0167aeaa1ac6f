using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MailDepot.Smtp;

/// <summary>One command line, parsed (RFC 5321 §4.1.1).</summary>
/// <param name="Verb">Which command.</param>
/// <param name="Argument">
/// The client's name after HELO and EHLO; the mailbox after MAIL and RCPT, without brackets and source route, empty for
/// the null sender; otherwise empty.
/// </param>
public sealed record SmtpCommand(SmtpVerb Verb, string Argument = "")
{
    /// <summary>Letters of a verb at most; the longest we know, STARTTLS, has 8.</summary>
    private const int MaxVerbLength = 16;

    private static ReadOnlySpan<byte> Chunk => "BDAT"u8;

    /// <summary>
    /// MAIL's SIZE parameter in bytes (RFC 1870 §5), if given; a larger number counts as <see cref="long.MaxValue"/>.
    /// </summary>
    public long? Size { get; init; }

    /// <summary>MAIL's SMTPUTF8 parameter: addresses in this transaction may contain non-ASCII characters (RFC 6531 §3.4).</summary>
    public bool Utf8 { get; init; }

    /// <summary>BDAT's chunk size; the chunk follows the line (RFC 3030 §2).</summary>
    public long ChunkBytes { get; init; }

    /// <summary>BDAT's LAST: the mail ends with this chunk.</summary>
    public bool Last { get; init; }

    /// <summary>Parses a line without its CRLF.</summary>
    /// <param name="line">As received, any bytes.</param>
    /// <param name="command">The command, if the line is valid.</param>
    /// <param name="refusal">The reply otherwise.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> line, [NotNullWhen(true)] out SmtpCommand? command, [NotNullWhen(false)] out SmtpReply? refusal)
    {
        command = null;
        if (line.ContainsAny((byte)'\r', (byte)'\n'))
        {
            refusal = BeginsChunk(line) ? SmtpReply.BadChunk : SmtpReply.BareLineEnd;
            return false;
        }

        if (line.Contains((byte)0) || !(Ascii.IsValid(line) || (HasPath(line) && System.Text.Unicode.Utf8.IsValid(line))))
        {
            refusal = BeginsChunk(line) ? SmtpReply.BadChunk : SmtpReply.NotAscii;
            return false;
        }

        // Clients may leave trailing white space, tabs included (§4.1.1).
        line = line.TrimEnd(" \t"u8);
        var space = line.IndexOf((byte)' ');
        var word = space < 0 ? line : line[..space];
        var argument = space < 0 ? default : line[space..].TrimStart((byte)' ');
        Span<char> verb = stackalloc char[MaxVerbLength];
        refusal = Ascii.ToUpper(word, verb, out var length) == OperationStatus.Done
            ? Parse(verb[..length], argument, line, out command)
            : SmtpReply.UnknownCommand;
        refusal = refusal == SmtpReply.UnknownCommand && BeginsChunk(line) ? SmtpReply.BadChunk : refusal;
        return refusal is null;
    }

    /// <summary>
    /// Whether a line starts with BDAT. Even after a malformed one the client may send its chunk, which must not be read as
    /// commands: it gets <see cref="SmtpReply.BadChunk"/>.
    /// </summary>
    internal static bool BeginsChunk(ReadOnlySpan<byte> line) =>
        line.Length >= Chunk.Length && Ascii.EqualsIgnoreCase(line[..Chunk.Length], Chunk);

    /// <summary>Non-ASCII characters are allowed in paths only (RFC 6531 §3.3).</summary>
    private static bool HasPath(ReadOnlySpan<byte> line) =>
        line.Length > 4 && (Ascii.EqualsIgnoreCase(line[..4], "MAIL"u8) || Ascii.EqualsIgnoreCase(line[..4], "RCPT"u8));

    /// <summary>Null and the command, or the reply to an invalid one.</summary>
    private static SmtpReply? Parse(ReadOnlySpan<char> verb, ReadOnlySpan<byte> argument, ReadOnlySpan<byte> line, out SmtpCommand? command)
    {
        command = null;
        switch (verb)
        {
            case "HELO":
                return ParseName(SmtpVerb.Helo, argument, out command);
            case "EHLO":
                return ParseName(SmtpVerb.Ehlo, argument, out command);
            case "MAIL":
                return ParseMail(argument, out command);
            case "RCPT":
                return ParseRecipient(argument, out command);
            case "DATA":
                return ParseBare(SmtpVerb.Data, argument, out command);
            case "BDAT":
                return ParseChunk(argument, out command);
            case "STARTTLS":
                return ParseBare(SmtpVerb.StartTls, argument, out command);
            case "RSET":
                return ParseBare(SmtpVerb.Rset, argument, out command);
            case "QUIT":
                return ParseBare(SmtpVerb.Quit, argument, out command);
            case "NOOP": // an argument is allowed and ignored (§4.1.1.9)
                command = new SmtpCommand(SmtpVerb.Noop);
                return null;
            case "HELP":
                command = new SmtpCommand(SmtpVerb.Help);
                return null;
            case "VRFY":
                command = new SmtpCommand(SmtpVerb.Vrfy);
                return argument.IsEmpty ? SmtpReply.BadArgument : null;
            case "AUTH" or "EXPN" or "ETRN" or "TURN" or "ATRN" or "SEND" or "SOML" or "SAML" or "BURL":
                return SmtpReply.NotOffered;
            default:
                return line.IndexOf(" HTTP/"u8) >= 0 ? SmtpReply.NotSmtp : SmtpReply.UnknownCommand;
        }
    }

    /// <summary>
    /// HELO and EHLO. Many clients send a name that is not a domain; anything printable is taken, as it is only recorded
    /// (§4.1.4: a server must not refuse mail because of it).
    /// </summary>
    private static SmtpReply? ParseName(SmtpVerb verb, ReadOnlySpan<byte> name, out SmtpCommand? command)
    {
        command = null;
        if (name.IsEmpty || name.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return SmtpReply.BadArgument;
        }

        command = new SmtpCommand(verb, Encoding.ASCII.GetString(name));
        return null;
    }

    private static SmtpReply? ParseBare(SmtpVerb verb, ReadOnlySpan<byte> argument, out SmtpCommand? command)
    {
        command = argument.IsEmpty ? new SmtpCommand(verb) : null;
        return command is null ? SmtpReply.BadArgument : null;
    }

    private static SmtpReply? ParseMail(ReadOnlySpan<byte> argument, out SmtpCommand? command)
    {
        command = null;
        if (!TryStripKeyword(ref argument, "FROM:"u8))
        {
            return SmtpReply.BadArgument;
        }

        if (!SmtpPath.TryParse(argument, out var sender, out var parameters))
        {
            return SmtpReply.BadSender;
        }

        // Only a recipient may lack a domain (§4.1.1.3).
        if (Ascii.EqualsIgnoreCase(sender, SmtpPath.Postmaster))
        {
            return SmtpReply.BadSender;
        }

        var refusal = MailParameters.Parse(parameters, out var size, out var utf8);
        if (refusal is null && !utf8 && !Ascii.IsValid(sender))
        {
            refusal = SmtpReply.NeedsSmtpUtf8;
        }

        command = refusal is null ? new SmtpCommand(SmtpVerb.Mail, sender) { Size = size, Utf8 = utf8 } : null;
        return refusal;
    }

    private static SmtpReply? ParseRecipient(ReadOnlySpan<byte> argument, out SmtpCommand? command)
    {
        command = null;
        if (!TryStripKeyword(ref argument, "TO:"u8))
        {
            return SmtpReply.BadArgument;
        }

        if (!SmtpPath.TryParse(argument, out var recipient, out var parameters) || recipient.Length == 0)
        {
            return SmtpReply.BadRecipient;
        }

        if (!parameters.IsEmpty)
        {
            return parameters[0] == ' ' ? SmtpReply.UnknownParameter : SmtpReply.BadArgument;
        }

        command = new SmtpCommand(SmtpVerb.Rcpt, recipient);
        return null;
    }

    /// <summary><c>BDAT 4096</c>, <c>BDAT 0 LAST</c>. After a malformed one nobody knows where the next command starts.</summary>
    private static SmtpReply? ParseChunk(ReadOnlySpan<byte> argument, out SmtpCommand? command)
    {
        command = null;
        var space = argument.IndexOf((byte)' ');
        var digits = space < 0 ? argument : argument[..space];
        var last = space >= 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !Utf8Parser.TryParse(digits, out long bytes, out _)
            || (last && !Ascii.EqualsIgnoreCase(argument[space..].Trim((byte)' '), "LAST"u8)))
        {
            return SmtpReply.BadChunk;
        }

        command = new SmtpCommand(SmtpVerb.Bdat) { ChunkBytes = bytes, Last = last };
        return null;
    }

    /// <summary>Strips <c>FROM:</c> or <c>TO:</c>, and the space after it that §3.3 forbids and some clients send.</summary>
    private static bool TryStripKeyword(ref ReadOnlySpan<byte> argument, ReadOnlySpan<byte> keyword)
    {
        if (argument.Length < keyword.Length || !Ascii.EqualsIgnoreCase(argument[..keyword.Length], keyword))
        {
            return false;
        }

        argument = argument[keyword.Length..].TrimStart((byte)' ');
        return true;
    }
}

/// <summary>The commands of RFC 5321 (§4.5.1, with VRFY and HELP), CHUNKING (RFC 3030) and STARTTLS (RFC 3207).</summary>
public enum SmtpVerb
{
    /// <summary>HELO.</summary>
    Helo,

    /// <summary>EHLO.</summary>
    Ehlo,

    /// <summary>MAIL FROM.</summary>
    Mail,

    /// <summary>RCPT TO.</summary>
    Rcpt,

    /// <summary>DATA.</summary>
    Data,

    /// <summary>BDAT.</summary>
    Bdat,

    /// <summary>STARTTLS.</summary>
    StartTls,

    /// <summary>RSET.</summary>
    Rset,

    /// <summary>NOOP.</summary>
    Noop,

    /// <summary>QUIT.</summary>
    Quit,

    /// <summary>VRFY.</summary>
    Vrfy,

    /// <summary>HELP.</summary>
    Help,
}
