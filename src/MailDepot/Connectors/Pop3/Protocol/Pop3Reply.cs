using System.Text;
using MailDepot.Trust;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>A server's answer: <c>+OK</c> or <c>-ERR</c>, and its words (RFC 1939 §3). Some servers write <c>+ERR</c>, which is no yes either.</summary>
/// <param name="Kind">How it begins.</param>
/// <param name="Text">The rest, a response code in brackets included (RFC 2449 §8). Of a yes as it came; of all else fit to be shown.</param>
internal readonly record struct Pop3Reply(Pop3ReplyKind Kind, string Text)
{
    /// <summary>It is a yes.</summary>
    public bool Ok => Kind is Pop3ReplyKind.Ok;

    /// <summary>The response code without brackets, in capitals: <c>SYS/TEMP</c>; empty if there is none.</summary>
    public string Code => Text.StartsWith('[') && Text.IndexOf(']', StringComparison.Ordinal) is > 0 and var end ? Text[1..end].ToUpperInvariant() : "";

    /// <summary>Reads the first line of an answer.</summary>
    /// <exception cref="Pop3ProtocolException">It is none.</exception>
    public static Pop3Reply Parse(ReadOnlySpan<byte> line, ReplyRedactor redactor) =>
        line.StartsWith("+OK"u8) ? new(Pop3ReplyKind.Ok, Encoding.UTF8.GetString(line["+OK".Length..]).Trim())
        : line.StartsWith("-ERR"u8) || line.StartsWith("+ERR"u8) ? new(Pop3ReplyKind.Err, redactor.Redact(line["-ERR".Length..]))
        : line.StartsWith("+ "u8) || line.SequenceEqual("+"u8) ? new(Pop3ReplyKind.Continue, redactor.Redact(line[1..]))
        : throw new Pop3ProtocolException($"'{redactor.Redact(line)}'");
}

/// <summary>How an answer begins.</summary>
internal enum Pop3ReplyKind
{
    /// <summary><c>+OK</c>.</summary>
    Ok,

    /// <summary><c>-ERR</c>.</summary>
    Err,

    /// <summary><c>+</c>: go on (RFC 5034 §4).</summary>
    Continue,
}

/// <summary>The server said <c>-ERR</c> to a command; the session goes on.</summary>
internal sealed class Pop3CommandException(string command, Pop3Reply reply) : Exception($"{command}: {reply.Text}")
{
    /// <summary>The command's word.</summary>
    public string Command => command;

    /// <summary>What it said.</summary>
    public Pop3Reply Reply => reply;
}

/// <summary>The session broke where the answer to a DELE was due.</summary>
internal sealed class Pop3DeletionException(int number, Exception reason) : Exception(reason.Message, reason)
{
    /// <summary>Of the mail, in its session.</summary>
    public int Number => number;

    /// <summary>Its DELE was answered, and the QUIT after it was not as it should be: it may be done all the same.</summary>
    public bool AtQuit { get; init; }
}

/// <summary>What came is not POP3: nothing after it can be trusted.</summary>
internal sealed class Pop3ProtocolException(string what) : Exception(what);

/// <summary>The connection ended where it must not.</summary>
internal sealed class Pop3DisconnectedException(string how) : Exception(how);
