using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

/// <summary>Clients that send one mail after another until the server is gone, and remember each mail that got a 250.</summary>
public sealed class SmtpLoad
{
    private readonly ConcurrentDictionary<Guid, byte[]> accepted = new();
    private readonly Task clients;

    private SmtpLoad(int port, int clientCount, string name) =>
        clients = Task.WhenAll(Enumerable.Range(0, clientCount).Select(client => ClientAsync(port, $"{name}.{client}")));

    /// <summary>What the server promised to keep: ticket id and bytes of each mail that got a 250.</summary>
    public IReadOnlyDictionary<Guid, byte[]> Accepted => accepted;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Begins at once.</summary>
    /// <param name="name">Makes the mails of this load unlike all others.</param>
    public static SmtpLoad Start(int port, int clients, string name) => new(port, clients, name);

    public Task UntilAcceptedAsync(int count) => Eventually.IsTrueAsync(() => accepted.Count >= count, $"{count} mails are accepted");

    /// <summary>Returns when the server has gone away for every client.</summary>
    public Task UntilGoneAsync() => clients;

    private async Task ClientAsync(int port, string name)
    {
        try
        {
            await using var smtp = await SmtpClient.ConnectAsync("127.0.0.1", port, Token);
            for (var number = 0; ; number++)
            {
                var mail = Mail(name, number, number % 10 == 9 ? 80_000 : 600); // some too big for a queue message
                var reply = await smtp.SendAsync("a@example.com", ["b@example.com"], mail, Token);
                accepted[Guid.Parse(reply.Split(' ')[^1])] = mail;
            }
        }
        catch (Exception e) when (e is SmtpRefusedException or IOException or SocketException)
        {
            // a mail without a 250 is still the client's
        }
    }

    /// <summary>A mail unlike all others, with a body that does not compress.</summary>
    /// <param name="size">Bytes of the body, before base64.</param>
    public static byte[] Mail(string name, int number, int size)
    {
        var head = "From: a@example.com\r\n"
            + "To: b@example.com\r\n"
            + $"Message-ID: <{name}.{number}@example.com>\r\n"
            + $"Subject: mail {name}.{number}\r\n"
            + "\r\n";
        var body = new byte[size];
        new Random(HashCode.Combine(name.Length, number)).NextBytes(body);
        var lines = Convert.ToBase64String(body, Base64FormattingOptions.InsertLineBreaks);
        return [.. Encoding.ASCII.GetBytes(head), .. Encoding.ASCII.GetBytes(lines), .. "\r\n"u8];
    }
}
