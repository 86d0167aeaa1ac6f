using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailDepot.Notices;

namespace MailDepot.Testing;

/// <summary>An SMTP relay that keeps the mails it gets. It can ask for TLS, from the first byte or by STARTTLS, and for a login.</summary>
public sealed class RelaySink : IAsyncDisposable
{
    private readonly LoopbackServer server;

    public RelaySink() => server = new(client => SessionAsync(client.GetStream()));

    public int Port => server.Port;

    /// <summary>Needed for a <see cref="Security"/> with TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The chain it sends with the certificate.</summary>
    public X509Certificate2Collection Issuers { get; } = [];

    public RelaySecurity Security { get; init; }

    /// <summary>Who may send: <c>user password</c>; null for anyone.</summary>
    public string? Login { get; init; }

    /// <summary>Replies in place of the usual ones, by the beginning of the command.</summary>
    public ConcurrentDictionary<string, string> Instead { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The mails, decoded as UTF-8.</summary>
    public ConcurrentQueue<string> Mails { get; } = [];

    /// <summary>Every command of every session.</summary>
    public ConcurrentQueue<string> Commands { get; } = [];

    /// <summary>Settings with which a depot sends its notices here.</summary>
    public Dictionary<string, string?> Settings() => new(StringComparer.Ordinal)
    {
        ["MailDepot:Notices:Host"] = "localhost",
        ["MailDepot:Notices:Port"] = $"{Port}",
        ["MailDepot:Notices:Security"] = $"{Security}",
        ["MailDepot:Notices:From"] = "maildepot@example.com",
        ["MailDepot:Notices:To:0"] = "admin@example.com",
        ["MailDepot:Notices:To:1"] = "deputy@example.com",
    };

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task SessionAsync(Stream stream)
    {
        var secured = Security is RelaySecurity.Tls;
        if (secured)
        {
            stream = await TlsAsync(stream);
        }

        await SayAsync(stream, "220 sink");
        while (await LineAsync(stream) is { } command)
        {
            Commands.Enqueue(command);
            var odd = Instead.Keys.FirstOrDefault(key => command.StartsWith(key, StringComparison.OrdinalIgnoreCase));
            var verb = command.Split(' ', 2)[0].ToUpperInvariant();
            await SayAsync(stream, odd is not null ? Instead[odd] : Reply(verb, command, secured));
            if (verb == "STARTTLS" && odd is null)
            {
                (stream, secured) = (await TlsAsync(stream), true);
            }
            else if (verb == "DATA" && odd is null)
            {
                Mails.Enqueue(await MailAsync(stream));
                await SayAsync(stream, "250 2.0.0 kept");
            }
        }
    }

    private string Reply(string verb, string command, bool secured) => verb switch
    {
        "EHLO" => "250-sink\r\n"
            + (Security is RelaySecurity.StartTls && !secured ? "250-STARTTLS\r\n" : "")
            + (Login is null ? "" : "250-AUTH LOGIN PLAIN\r\n")
            + "250 8BITMIME",
        "STARTTLS" => "220 go on",
        "AUTH" => Credentials(command) == Login ? "235 welcome" : "535 5.7.8 wrong",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 2.0.0 ok",
    };

    /// <summary>The initial response of AUTH PLAIN (RFC 4616 §2) as <c>user password</c>.</summary>
    private static string Credentials(string command) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(command.Split(' ')[^1])).Replace('\0', ' ').Trim();

    private async Task<string> MailAsync(Stream stream)
    {
        var mail = new StringBuilder();
        while (await LineAsync(stream) is { } line && line != ".")
        {
            mail.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        return mail.ToString();
    }

    private async Task<Stream> TlsAsync(Stream plain) => await server.SecureAsync(plain, Certificate!, Issuers);

    private async Task<string?> LineAsync(Stream stream)
    {
        var line = new List<byte>();
        var octet = new byte[1];
        while (await stream.ReadAsync(octet, server.Ended) == 1)
        {
            if (octet[0] == '\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(octet[0]);
        }

        return null;
    }

    private Task SayAsync(Stream stream, string reply) => stream.WriteAsync(Encoding.UTF8.GetBytes(reply + "\r\n"), server.Ended).AsTask();
}
