using System.Net;
using System.Net.Sockets;

namespace MailDepot.Host.Up;

/// <summary>Ports on this machine.</summary>
internal static class LocalPort
{
    /// <summary>The preferred port, or a free one if it is taken or 0.</summary>
    public static int Choose(int wanted)
    {
        try
        {
            return Bind(wanted);
        }
        catch (SocketException)
        {
            return Bind(0);
        }
    }

    private static int Bind(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
