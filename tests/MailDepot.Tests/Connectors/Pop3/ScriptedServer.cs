using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Connectors.Pop3;

/// <summary>A POP3 server in a few lines, which misbehaves where a real one would not.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    /// <summary>As a reply: the connection ends.</summary>
    public const string Cut = "(cut)";

    /// <summary>As a reply: a mail without an end.</summary>
    public const string Endless = "(endless)";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly Task serving;

    public ScriptedServer()
    {
        listener.Start();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>What is in the mailbox: UIDL and mail.</summary>
    public List<(string Uidl, byte[] Mail)> Mails { get; } = [];

    /// <summary>Replies that come instead of the usual ones, by the beginning of the command; null for silence.</summary>
    public Dictionary<string, string?> Instead { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Replies that come only when their time has come, by the beginning of the command.</summary>
    public Dictionary<string, TaskCompletionSource> HeldBack { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What comes behind an answer over and over, as long as somebody listens; by the command.</summary>
    public Dictionary<string, string> OverAndOver { get; } = new(StringComparer.Ordinal);

    /// <summary>Octets that were sent so.</summary>
    public long Repeated { get; private set; }

    /// <summary>Every command of every session.</summary>
    public ConcurrentQueue<string> Commands { get; } = [];

    /// <summary>Commands behind which another one had come already.</summary>
    public ConcurrentQueue<string> SentAhead { get; } = [];

    /// <summary>Octets that leave at a time: a client must not care how its answers are cut.</summary>
    public int Piece { get; set; } = int.MaxValue;

    /// <summary>Told of each piece before it leaves.</summary>
    public Action Sending { get; set; } = () => { };

    /// <summary>Told of each command before it is answered.</summary>
    public Action<string> Heard { get; set; } = _ => { };

    /// <summary>Mails that a session sees; the next ones are listed after QUIT, as Gmail does it.</summary>
    public int Shows { get; set; } = int.MaxValue;

    /// <summary>Whether a connection, counted from 1, is served; else it is closed without a word.</summary>
    public Func<int, bool> Serves { get; set; } = _ => true;

    /// <summary>What is not served is reset (RST), not closed (FIN).</summary>
    public bool Resets { get; set; }

    /// <summary>What CAPA tells.</summary>
    public string Capabilities { get; set; } = "USER\r\nUIDL";

    /// <summary>The certificate for STLS; null: it is not offered.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>What it sends beside the certificate.</summary>
    public X509Certificate2Collection Issuers { get; } = [];

    /// <summary>Versions of TLS that it takes.</summary>
    public SslProtocols Protocols { get; set; }

    /// <summary>TLS from the first octet.</summary>
    public bool TlsFirst { get; set; }

    /// <summary>Sessions that began.</summary>
    public int Sessions { get; private set; }

    /// <summary>How a session of this server's is opened.</summary>
    public Pop3Access Access(TimeSpan? timeout = null, Action<MailboxOptions>? more = null, string secret = DovecotMailbox.Password)
    {
        var mailbox = new MailboxOptions { Name = DovecotMailbox.Name, Host = "127.0.0.1", Port = Port, Security = MailboxSecurity.None, User = "anna", PasswordSetting = "Passwords:office" };
        more?.Invoke(mailbox);
        return new(mailbox, secret, new Pop3Tokens(TimeProvider.System), timeout ?? TimeSpan.FromSeconds(30), TimeProvider.System, _ => { });
    }

    /// <summary>Settings of the one mailbox of a depot.</summary>
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

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Stop();
        await serving;
        ended.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(ended.Token);
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
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            // the test is over
        }
    }

    private async Task ServeAsync(NetworkStream plain)
    {
        try
        {
            await using Stream? tls = TlsFirst ? await TlsAsync(plain) : null;
            await HoldBackAsync("greeting");
            var greeting = Instead.GetValueOrDefault("greeting", "+OK hello");
            await SayAsync(tls ?? plain, greeting);
            await (greeting is Cut ? Task.CompletedTask : SessionAsync(tls ?? plain));
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // the client is gone
        }
    }

    private async Task SessionAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, bufferSize: 128, leaveOpen: true);
        var marked = new HashSet<int>();
        while (await reader.ReadLineAsync(ended.Token) is { } command)
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
            await HeldBack[key].Task.WaitAsync(ended.Token);
        }
    }

    private async Task<SslStream> TlsAsync(Stream plain)
    {
        var tls = new SslStream(plain, leaveInnerStreamOpen: true);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(Certificate!, Issuers, offline: true), EnabledSslProtocols = Protocols }, ended.Token);
        return tls;
    }

    private string Usual(string command, HashSet<int> marked)
    {
        var words = command.Split(' ');
        switch (words[0])
        {
            case "STAT": return $"+OK {Mails.Take(Shows).Count()} {Mails.Take(Shows).Sum(m => m.Mail.Length)}";
            case "UIDL": return $"+OK\r\n{string.Concat(Mails.Take(Shows).Select((m, i) => $"{i + 1} {m.Uidl}\r\n"))}.";
            case "LIST": return $"+OK\r\n{string.Concat(Mails.Take(Shows).Select((m, i) => $"{i + 1} {m.Mail.Length}\r\n"))}.";
            case "RETR": return $"+OK\r\n{Stuffed(Mails[Number(words) - 1].Mail)}.";
            case "DELE": marked.Add(Number(words) - 1); return "+OK";
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
            var octets = Encoding.Latin1.GetBytes(reply + "\r\n");
            for (var (at, count) = (0, 0); at < octets.Length; at += count)
            {
                Sending();
                count = Math.Min(Piece, octets.Length - at); // a test may set another one as soon as it has read these
                await stream.WriteAsync(octets.AsMemory(at, count), ended.Token);
            }
        }
    }

    /// <summary>Dots at the start of lines doubled, and a line's end at the end (RFC 1939 §3).</summary>
    private static string Stuffed(byte[] mail)
    {
        var text = Encoding.Latin1.GetString(mail);
        var stuffed = (text.StartsWith('.') ? "." : "") + text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        return stuffed.Length == 0 || stuffed.EndsWith("\r\n", StringComparison.Ordinal) ? stuffed : stuffed + "\r\n";
    }

    private static int Number(string[] words) => int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture);
}
