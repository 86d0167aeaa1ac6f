using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Connectors.Pop3;

/// <summary>A small POP3 server that misbehaves as told, where a real one would not.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    /// <summary>As a reply: closes the connection.</summary>
    public const string Cut = "(cut)";

    /// <summary>As a reply: a mail that does not end.</summary>
    public const string Endless = "(endless)";

    private readonly LoopbackServer server;

    public ScriptedServer() => server = new(ServeAsync);

    public int Port => server.Port;

    /// <summary>The mailbox: UIDL and mail.</summary>
    public List<(string Uidl, byte[] Mail)> Mails { get; } = [];

    /// <summary>Replies that replace the usual ones, by the beginning of the command; null for silence.</summary>
    public Dictionary<string, string?> Instead { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Tasks that a reply waits for, by the beginning of the command.</summary>
    public Dictionary<string, TaskCompletionSource> HeldBack { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What follows a reply again and again, until the client disconnects; by command.</summary>
    public Dictionary<string, string> OverAndOver { get; } = new(StringComparer.Ordinal);

    /// <summary>Bytes sent like that.</summary>
    public long Repeated { get; private set; }

    /// <summary>All commands of all sessions.</summary>
    public ConcurrentQueue<string> Commands { get; } = [];

    /// <summary>Commands that had another one queued behind them.</summary>
    public ConcurrentQueue<string> SentAhead { get; } = [];

    /// <summary>Bytes sent at a time: a client must not care how replies are cut.</summary>
    public int Piece { get; set; } = int.MaxValue;

    /// <summary>Called before each piece is sent.</summary>
    public Action Sending { get; set; } = () => { };

    /// <summary>Called with each command before it is answered.</summary>
    public Action<string> Heard { get; set; } = _ => { };

    /// <summary>Mails that a session lists; the next ones appear after QUIT, as with Gmail.</summary>
    public int Shows { get; set; } = int.MaxValue;

    /// <summary>Whether a connection, counted from 1, is served; otherwise it is closed without a reply.</summary>
    public Func<int, bool> Serves { get; set; } = _ => true;

    /// <summary>Connections that are not served are reset (RST), not closed (FIN).</summary>
    public bool Resets { get; set; }

    /// <summary>The reply to CAPA.</summary>
    public string Capabilities { get; set; } = "USER\r\nUIDL";

    /// <summary>The certificate for STLS, which is not offered if this is null.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>Intermediate certificates to send.</summary>
    public X509Certificate2Collection Issuers { get; } = [];

    /// <summary>TLS versions that it accepts.</summary>
    public SslProtocols Protocols { get; set; }

    /// <summary>TLS from the first byte.</summary>
    public bool TlsFirst { get; set; }

    /// <summary>Sessions so far.</summary>
    public int Sessions { get; private set; }

    /// <summary>How to open a session with this server.</summary>
    public Pop3Access Access(TimeSpan? timeout = null, Action<MailboxOptions>? more = null, string secret = DovecotMailbox.Password)
    {
        var mailbox = new MailboxOptions
        {
            Name = DovecotMailbox.Name,
            Host = "127.0.0.1",
            Port = Port,
            Security = MailboxSecurity.None,
            User = "anna",
            PasswordSetting = "Passwords:office",
        };
        more?.Invoke(mailbox);
        return new(
            mailbox, secret, new Pop3Tokens(TimeProvider.System), timeout ?? TimeSpan.FromSeconds(30), TimeProvider.System, _ => { });
    }

    /// <summary>Settings of a depot whose only mailbox is here.</summary>
    public Dictionary<string, string?> Settings(MailboxSecurity security = MailboxSecurity.None) => new(StringComparer.Ordinal)
    {
        ["MailDepot:Mailboxes:0:Name"] = DovecotMailbox.Name,
        ["MailDepot:Mailboxes:0:Host"] = "127.0.0.1",
        ["MailDepot:Mailboxes:0:Port"] = $"{Port}",
        ["MailDepot:Mailboxes:0:Security"] = $"{security}",
        ["MailDepot:Mailboxes:0:User"] = "anna",
        ["MailDepot:Mailboxes:0:PasswordSetting"] = "Passwords:office",
        ["Passwords:office"] = DovecotMailbox.Password,
    };

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task ServeAsync(TcpClient client)
    {
        Sessions++;
        if (Serves(Sessions))
        {
            await ServeAsync(client.GetStream());
        }
        else if (Resets)
        {
            client.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }

    private async Task ServeAsync(NetworkStream plain)
    {
        await using Stream? tls = TlsFirst ? await TlsAsync(plain) : null;
        await HoldBackAsync("greeting");
        var greeting = Instead.GetValueOrDefault("greeting", "+OK hello");
        await SayAsync(tls ?? plain, greeting);
        await (greeting is Cut ? Task.CompletedTask : SessionAsync(tls ?? plain));
    }

    private async Task SessionAsync(Stream stream)
    {
        using var reader = new StreamReader(
            stream, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, bufferSize: 128, leaveOpen: true);
        var marked = new HashSet<int>();
        while (await reader.ReadLineAsync(server.Ended) is { } command)
        {
            Commands.Enqueue(command);
            if (stream is NetworkStream { DataAvailable: true }) // more than the reader has taken
            {
                SentAhead.Enqueue(command);
            }

            await HoldBackAsync(command);
            Heard(command);
            var odd = Instead.Keys.FirstOrDefault(key => command.StartsWith(key, StringComparison.OrdinalIgnoreCase));
            await SayAsync(stream, odd is null ? Usual(command, marked) : Instead[odd]);
            if (odd is not null && Instead[odd] is Cut)
            {
                return;
            }

            while (OverAndOver.TryGetValue(command, out var again))
            {
                await SayAsync(stream, again);
                Repeated += again.Length;
            }

            if (command == "STLS" && odd is null && Certificate is not null)
            {
                await using var tls = await TlsAsync(stream);
                await SessionAsync(tls);
                return;
            }

            if (command == "QUIT" && odd is null)
            {
                Mails.RemoveAll(mail => marked.Contains(Mails.IndexOf(mail)));
                return;
            }
        }
    }

    private async Task HoldBackAsync(string command)
    {
        if (HeldBack.Keys.FirstOrDefault(key => command.StartsWith(key, StringComparison.OrdinalIgnoreCase)) is { } key)
        {
            await HeldBack[key].Task.WaitAsync(server.Ended);
        }
    }

    private Task<SslStream> TlsAsync(Stream plain) => server.SecureAsync(plain, Certificate!, Issuers, Protocols);

    private string Usual(string command, HashSet<int> marked)
    {
        var parts = command.Split(' ');
        switch (parts[0])
        {
            case "STAT": return $"+OK {Mails.Take(Shows).Count()} {Mails.Take(Shows).Sum(m => m.Mail.Length)}";
            case "UIDL": return $"+OK\r\n{string.Concat(Mails.Take(Shows).Select((m, i) => $"{i + 1} {m.Uidl}\r\n"))}.";
            case "LIST": return $"+OK\r\n{string.Concat(Mails.Take(Shows).Select((m, i) => $"{i + 1} {m.Mail.Length}\r\n"))}.";
            case "RETR": return $"+OK\r\n{Stuffed(Mails[Number(parts) - 1].Mail)}.";
            case "DELE": marked.Add(Number(parts) - 1); return "+OK";
            case "CAPA": return $"+OK\r\n{Capabilities}{(Certificate is null || TlsFirst ? "" : "\r\nSTLS")}\r\n.";
            case "STLS" when Certificate is not null: return "+OK begin";
            case "USER" or "PASS" or "QUIT": return "+OK";
            default: return "-ERR what?";
        }
    }

    private async Task SayAsync(Stream stream, string? reply)
    {
        if (reply is Endless)
        {
            await SayAsync(stream, "+OK");
            for (var lines = string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", 1_000)); ;)
            {
                await SayAsync(stream, lines);
            }
        }

        if (reply is not (null or Cut))
        {
            var bytes = Encoding.Latin1.GetBytes(reply + "\r\n");
            for (var (at, count) = (0, 0); at < bytes.Length; at += count)
            {
                Sending();
                count = Math.Min(Piece, bytes.Length - at); // a test may change it once it has read these
                await stream.WriteAsync(bytes.AsMemory(at, count), server.Ended);
            }
        }
    }

    /// <summary>Doubles dots at the start of lines, and ends with a line ending (RFC 1939 §3).</summary>
    private static string Stuffed(byte[] mail)
    {
        var text = Encoding.Latin1.GetString(mail);
        var stuffed = (text.StartsWith('.') ? "." : "") + text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        return stuffed.Length == 0 || stuffed.EndsWith("\r\n", StringComparison.Ordinal) ? stuffed : stuffed + "\r\n";
    }

    private static int Number(string[] parts) => int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
}
