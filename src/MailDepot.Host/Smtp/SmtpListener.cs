using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MailDepot.Host.Smtp;

/// <summary>The SMTP port on Kestrel, with socket settings for short dialogues.</summary>
/// <remarks>
/// Measured by the benchmark <c>smtp</c>, see its RESULTS.md. Kestrel's defaults ask a socket twice for each read, so that an
/// idle connection holds no buffer, and pass every read to another thread. Here a connection keeps its block of 4 KB, at a
/// thousand connections 4 MB, and the session continues where its data arrived: on the thread pool, as .NET's sockets do
/// on Linux, so a session that computes for long (gzip, a handshake) keeps no other one waiting.
/// </remarks>
internal static class SmtpListener
{
    /// <summary>
    /// Bytes that a connection buffers unread, from a client that reads no replies or waits for memory; Kestrel's default is
    /// 1 MiB, which for a thousand connections would be the memory of the whole container.
    /// </summary>
    private const long UnreadBytes = 65_536;

    /// <summary>Opens the port at start.</summary>
    /// <param name="host">Must have an endpoint (<see cref="SmtpConnectionHandler"/>).</param>
    /// <param name="address">An address of this machine; null: all of them.</param>
    /// <param name="port">0 takes any free port; needs an address.</param>
    public static void ListenForSmtp(this IWebHostBuilder host, IPAddress? address, int port)
    {
        host.UseSockets(sockets =>
        {
            sockets.WaitForDataBeforeAllocatingBuffer = false;
            sockets.UnsafePreferInlineScheduling = true;
            sockets.MaxReadBufferSize = UnreadBytes;
        });
        host.ConfigureKestrel(kestrel =>
        {
            if (address is null)
            {
                kestrel.ListenAnyIP(port, Serve);
            }
            else
            {
                kestrel.Listen(address, port, Serve);
            }
        });
    }

    private static void Serve(ListenOptions listen) => listen.UseConnectionHandler<SmtpConnectionHandler>();
}
