using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Testing;

/// <summary>Listens on a free port of this machine and serves one client after another until it is disposed.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly Task serving;

    /// <param name="serveAsync">Serves one client. The connection is closed when it returns.</param>
    public LoopbackServer(Func<TcpClient, Task> serveAsync)
    {
        listener.Start();
        serving = ServeAsync(serveAsync);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Cancelled when the test is over.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>The server's side of TLS.</summary>
    /// <param name="plain">Stays open.</param>
    /// <param name="certificate">Shown to the client.</param>
    /// <param name="issuers">Sent beside it.</param>
    /// <param name="protocols">None for the system's default.</param>
    public async Task<SslStream> SecureAsync(
        Stream plain, X509Certificate2 certificate, X509Certificate2Collection issuers, SslProtocols protocols = SslProtocols.None)
    {
        var tls = new SslStream(plain, leaveInnerStreamOpen: true);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, issuers, offline: true),
            EnabledSslProtocols = protocols,
        };
        await tls.AuthenticateAsServerAsync(options, Ended);
        return tls;
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Stop();
        await serving;
        ended.Dispose();
    }

    private async Task ServeAsync(Func<TcpClient, Task> serveAsync)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(Ended);
                try
                {
                    await serveAsync(client);
                }
                catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
                {
                    // the client is gone
                }
            }
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            // the test is over
        }
    }
}
