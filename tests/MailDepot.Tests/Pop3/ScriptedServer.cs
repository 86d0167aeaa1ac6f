using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MailDepot.Tests.Pop3;

/// <summary>A POP3 server in a few lines, which misbehaves where a real one would not.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
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

    /// <summary>Every command of every session.</summary>
    public ConcurrentQueue<string> Commands { get; } = [];

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
                await SessionAsync(client.GetStream());
            }
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            // the test is over
        }
    }

    private async Task SessionAsync(NetworkStream stream)
    {
        try
        {
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            var marked = new HashSet<int>();
            await SayAsync(stream, Instead.GetValueOrDefault("greeting", "+OK hello"));
            while (await reader.ReadLineAsync(ended.Token) is { } command)
            {
                Commands.Enqueue(command);
                var odd = Instead.Keys.FirstOrDefault(key => command.StartsWith(key, StringComparison.OrdinalIgnoreCase));
                await SayAsync(stream, odd is null ? Usual(command, marked) : Instead[odd]);
                if (command == "QUIT" && odd is null)
                {
                    Mails.RemoveAll(mail => marked.Contains(Mails.IndexOf(mail)));
                    return;
                }
            }
        }
        catch (IOException)
        {
            // the client is gone
        }
    }

    private string Usual(string command, HashSet<int> marked)
    {
        var words = command.Split(' ');
        switch (words[0])
        {
            case "STAT": return $"+OK {Mails.Count} {Mails.Sum(m => m.Mail.Length)}";
            case "UIDL": return $"+OK\r\n{string.Concat(Mails.Select((m, i) => $"{i + 1} {m.Uidl}\r\n"))}.";
            case "LIST": return $"+OK\r\n{string.Concat(Mails.Select((m, i) => $"{i + 1} {m.Mail.Length}\r\n"))}.";
            case "RETR": return $"+OK\r\n{Encoding.Latin1.GetString(Mails[Number(words) - 1].Mail)}.";
            case "DELE": marked.Add(Number(words) - 1); return "+OK";
            case "CAPA": return "+OK\r\nUSER\r\nUIDL\r\n.";
            case "USER" or "PASS" or "QUIT": return "+OK";
            default: return "-ERR what?";
        }
    }

    private async Task SayAsync(NetworkStream stream, string? reply)
    {
        if (reply is not null)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(reply + "\r\n"), ended.Token);
        }
    }

    private static int Number(string[] words) => int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture);
}
