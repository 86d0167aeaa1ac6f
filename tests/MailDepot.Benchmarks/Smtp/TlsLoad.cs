using System.Net;
using System.Net.Sockets;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>The load over TLS, which smtp-source lacks: MailKit's client sends from this process, plain and with STARTTLS.</summary>
internal static class TlsLoad
{
    /// <summary>Sends this many mails; returns how long that took.</summary>
    public static async Task<TimeSpan> RunAsync(SmtpPoint point, int port, int mails, bool tls, TimeProvider clock, CancellationToken ct)
    {
        var left = mails;
        var security = tls ? SecureSocketOptions.StartTls : SecureSocketOptions.None;
        var began = clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, point.Sessions).Select(_ => SessionAsync()));
        return clock.GetElapsedTime(began);

        async Task SessionAsync()
        {
            using var message = Message(point.Kilobytes * 1_000);
            using var client = new SmtpClient
            {
                ServerCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == SelfSigned.Subject,
                CheckCertificateRevocation = false,
            };
            while (Interlocked.Decrement(ref left) >= 0)
            {
                if (!client.IsConnected)
                {
                    // Without NoDelay each mail waits 40 ms for an acknowledgement.
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await socket.ConnectAsync(IPAddress.Loopback, port, ct);
                    await client.ConnectAsync(socket, "127.0.0.1", port, security, ct);
                }

                await client.SendAsync(message, ct);
                if (!point.Reused)
                {
                    await client.DisconnectAsync(quit: true, ct);
                }
            }
        }
    }

    private static MimeMessage Message(int bytes)
    {
        const string Line = "The quick brown fox jumps over the lazy dog, and the archive keeps the mail.\r\n";
        return new MimeMessage(
            [MailboxAddress.Parse(SourceLoad.Sender)],
            [MailboxAddress.Parse(SourceLoad.Recipient)],
            "load",
            new TextPart("plain") { Text = string.Concat(Enumerable.Repeat(Line, bytes / Line.Length)) });
    }
}
