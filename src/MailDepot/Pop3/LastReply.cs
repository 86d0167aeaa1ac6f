using System.Text;
using MailKit;

namespace MailDepot.Pop3;

/// <summary>Keeps the server's last <c>+OK</c> or <c>-ERR</c> line: MailKit's exceptions about logins and QUIT do not carry it.</summary>
internal sealed class LastReply : IProtocolLogger
{
    /// <summary>Octets of a reply's line (RFC 2449 §4).</summary>
    private const int LongestLine = 512;

    /// <summary>Mails pass by here too: only while someone wants the reply are octets looked at.</summary>
    public bool Listening { get; set; }

    /// <summary>The line without its status: <c>[AUTH] Authentication failed.</c></summary>
    public string Text { get; private set; } = "";

    /// <summary>It began with <c>+OK</c>.</summary>
    public bool Ok { get; private set; }

    /// <summary>MailKit's own masking of secrets: nothing that the client says is kept here.</summary>
    public IAuthenticationSecretDetector? AuthenticationSecretDetector { get; set; }

    /// <summary>From now on until the next call only later replies count.</summary>
    public void Listen() => (Listening, Text, Ok) = (true, "", false);

    /// <inheritdoc />
    public void LogServer(byte[] buffer, int offset, int count)
    {
        var line = buffer.AsSpan(offset, Math.Min(count, LongestLine));
        if (!Listening || !(line.StartsWith("+OK"u8) || line.StartsWith("-ERR"u8)))
        {
            return;
        }

        Ok = line[0] == (byte)'+';
        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        var text = Encoding.ASCII.GetString(end < 0 ? line : line[..end]);
        Text = text[(Ok ? "+OK".Length : "-ERR".Length)..].Trim();
    }

    /// <inheritdoc />
    public void LogClient(byte[] buffer, int offset, int count)
    {
    }

    /// <inheritdoc />
    public void LogConnect(Uri uri)
    {
    }

    /// <inheritdoc />
    public void Dispose()
    {
    }
}
