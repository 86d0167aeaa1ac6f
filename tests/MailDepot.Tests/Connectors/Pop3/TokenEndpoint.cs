using System.Net;
using System.Text;
using MailDepot.Connectors.Pop3;

namespace MailDepot.Tests.Connectors.Pop3;

/// <summary>A token endpoint with one answer to every request.</summary>
internal sealed class TokenEndpoint : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly Task serving;

    public TokenEndpoint(string answer, int status = 200)
    {
        using (var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Address = $"http://localhost:{((IPEndPoint)free.LocalEndpoint).Port}/token/";
        }

        listener.Prefixes.Add(Address);
        listener.Start();
        serving = ServeAsync(Encoding.UTF8.GetBytes(answer), status);
    }

    public string Address { get; }

    public List<string> Asked { get; } = [];

    /// <summary>Makes this mailbox log in with tokens from here.</summary>
    public void GiveTokensFor(MailboxOptions mailbox)
    {
        mailbox.Authentication = MailboxAuthentication.XOAuth2;
        (mailbox.TokenEndpoint, mailbox.ClientId, mailbox.Scope) = (Address, "our-id", "https://outlook.example.com/.default");
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
        listener.Close();
    }

    private async Task ServeAsync(byte[] answer, int status)
    {
        try
        {
            while (true)
            {
                var call = await listener.GetContextAsync();
                using var body = new StreamReader(call.Request.InputStream);
                Asked.Add(await body.ReadToEndAsync(TestContext.Current.CancellationToken));
                (call.Response.StatusCode, call.Response.ContentType) = (status, "application/json");
                await call.Response.OutputStream.WriteAsync(answer, TestContext.Current.CancellationToken);
                call.Response.Close();
            }
        }
        catch (Exception) when (!listener.IsListening)
        {
            // the test is over
        }
    }
}
