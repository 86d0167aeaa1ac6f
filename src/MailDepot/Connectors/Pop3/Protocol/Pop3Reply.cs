using System.Text;
using MailDepot.Trust;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>The first line of a server's reply (RFC 1939 §3). Some servers write <c>+ERR</c>, which is read as <c>-ERR</c>.</summary>
/// <param name="Text">
/// What follows the status, including a response code in brackets (RFC 2449 §8). Unchanged in a <c>+OK</c>; redacted in all others.
/// </param>
internal readonly record struct Pop3Reply(Pop3ReplyKind Kind, string Text)
{
    /// <summary>The command succeeded.</summary>
    public bool Ok => Kind is Pop3ReplyKind.Ok;

    /// <summary>The response code in upper case, without brackets: <c>SYS/TEMP</c>; empty if there is none.</summary>
    public string Code =>
        Text.StartsWith('[') && Text.IndexOf(']', StringComparison.Ordinal) is > 0 and var end ? Text[1..end].ToUpperInvariant() : "";

    /// <summary>Parses the first line of a reply.</summary>
    /// <exception cref="Pop3ProtocolException">The line is not a POP3 reply.</exception>
    public static Pop3Reply Parse(ReadOnlySpan<byte> line, ReplyRedactor redactor) =>
        line.StartsWith("+OK"u8) ? new(Pop3ReplyKind.Ok, Encoding.UTF8.GetString(line["+OK".Length..]).Trim())
        : line.StartsWith("-ERR"u8) || line.StartsWith("+ERR"u8) ? new(Pop3ReplyKind.Err, redactor.Redact(line["-ERR".Length..]))
        : line.StartsWith("+ "u8) || line.SequenceEqual("+"u8) ? new(Pop3ReplyKind.Continue, redactor.Redact(line[1..]))
        : throw new Pop3ProtocolException($"'{redactor.Redact(line)}'");
}

/// <summary>The status of a reply.</summary>
internal enum Pop3ReplyKind
{
    /// <summary><c>+OK</c>.</summary>
    Ok,

    /// <summary><c>-ERR</c>.</summary>
    Err,

    /// <summary><c>+</c>: the server waits for more (RFC 5034 §4).</summary>
    Continue,
}

/// <summary>The server answered a command with <c>-ERR</c>; the session continues.</summary>
internal sealed class Pop3CommandException(string command, Pop3Reply reply) : Exception($"{command}: {reply.Text}")
{
    /// <summary>The command, or <c>the greeting</c>.</summary>
    public string Command => command;

    /// <summary>The server's reply.</summary>
    public Pop3Reply Reply => reply;
}

/// <summary>The session broke while the reply to a DELE was due.</summary>
internal sealed class Pop3DeletionException(int number, Exception reason) : Exception(reason.Message, reason)
{
    /// <summary>The mail's message number in this session.</summary>
    public int Number => number;

    /// <summary>The DELE was answered, but the reply to the QUIT was invalid: the server may have deleted the mails all the same.</summary>
    public bool AtQuit { get; init; }
}

/// <summary>The server sent something that is not POP3: nothing after it can be trusted.</summary>
internal sealed class Pop3ProtocolException(string message) : Exception(message);

/// <summary>The connection was closed, or had to be dropped, before the session was over.</summary>
internal sealed class Pop3DisconnectedException(string message) : Exception(message);
