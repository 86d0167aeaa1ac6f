using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailDepot.Host.Local;
using MailDepot.Host.Up;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MailDepot.EndToEnd;

/// <summary>STARTTLS of the real <c>maildepot smtp</c>, with certificates from the test's own authority.</summary>
/// <remarks>Local programs are admitted unchecked, so each client claims another address in a PROXY header.</remarks>
public sealed class TlsTests : IAsyncLifetime
{
    private const string Journal = "journal@depot.example.com";

    private const string Client = "192.0.2.7";

    /// <summary>id-kp-serverAuth and id-kp-clientAuth (RFC 5280 §4.2.1.12).</summary>
    private const string ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly TemporaryFolder folder = new();
    private readonly TestAuthority authority = new();
    private AzuriteProcess? azurite;
    private Process? smtp;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => folder.In("mx.pem");

    [Fact]
    public async Task A_renewed_certificate_is_shown_without_a_restart_and_clients_may_show_theirs()
    {
        var (first, second) = (authority.Issue("mx.depot.example.com"), authority.Issue("mx.depot.example.com"));
        var client = authority.Issue("mail.protection.outlook.com");
        await System.IO.File.WriteAllTextAsync(File, authority.WholePem(first), Token);
        var port = await StartAsync(File);

        Assert.Equal((first.Thumbprint, true), await SendAsync(port, SecureSocketOptions.StartTls, client));
        await System.IO.File.WriteAllTextAsync(File, authority.WholePem(second), Token);
        await Eventually.IsTrueAsync(
            async () => (await SendAsync(port, SecureSocketOptions.StartTls, client)).Shown == second.Thumbprint,
            "the new certificate is shown");
        Assert.False(smtp!.HasExited);
    }

    [Fact]
    public async Task Without_TLS_or_the_right_certificate_or_from_elsewhere_a_client_is_not_admitted()
    {
        using var stranger = new TestAuthority();
        await System.IO.File.WriteAllTextAsync(File, authority.WholePem(authority.Issue("mx.depot.example.com")), Token);
        var port = await StartAsync(File);
        var right = authority.Issue("mail.protection.outlook.com");

        Assert.Equal("5.7.0", await RefusalAsync(SecureSocketOptions.None, own: null));
        Assert.Equal("4.7.1", await RefusalAsync(SecureSocketOptions.StartTls, own: null));
        Assert.Equal("4.7.1", await RefusalAsync(SecureSocketOptions.StartTls, authority.Issue("other.example.com")));
        Assert.Equal("4.7.1", await RefusalAsync(SecureSocketOptions.StartTls, stranger.Issue("mail.protection.outlook.com")));
        Assert.Equal("5.7.1", await RefusalAsync(SecureSocketOptions.StartTls, right, "192.0.3.7"));

        async Task<string> RefusalAsync(SecureSocketOptions security, X509Certificate2? own, string peer = Client) =>
            (await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(port, security, own, peer))).Message.Split(' ')[0];
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task With_only_the_root_trusted_a_client_that_shows_its_chain_is_admitted_at_each_visit_whatever_its_key_usage(
        SslProtocols version)
    {
        await System.IO.File.WriteAllTextAsync(File, authority.WholePem(authority.Issue("mx.depot.example.com")), Token);
        var port = await StartAsync(File, trusted: authority.RootPem);
        var replies = new List<string>();
        foreach (var usages in new[] { Array.Empty<string>(), [ClientUse], [ServerUse] })
        {
            var certificate = authority.Issue("mail.protection.outlook.com", usages);
            var own = SslStreamCertificateContext.Create(certificate, [authority.Issuer], offline: true);
            for (var visit = 0; visit < 3; visit++)
            {
                replies.Add($"{string.Join(' ', usages)} visit {visit}: {await SenderReplyAsync(port, own, version)}");
            }
        }

        Assert.All(replies, reply => Assert.EndsWith(": 250 2.1.0 Sender OK", reply, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_self_made_certificate_is_enough_for_a_client_that_does_not_verify_and_TLS_stays_required()
    {
        var port = await StartAsync("self-made", client: "");
        var plain = await SwaksAsync(port);
        Assert.Contains("\n<** 530 5.7.0 ", plain.Text, StringComparison.Ordinal);
        Assert.NotEqual(0, plain.Code);

        var secured = await SwaksAsync(port, "--tls");
        Assert.True(secured.Code == 0, secured.Text + secured.Errors);
        Assert.Contains("=== TLS started ", secured.Text, StringComparison.Ordinal);
        Assert.Contains("\n<~  250 2.0.0 ", secured.Text, StringComparison.Ordinal);

        var choosy = await SwaksAsync(port, "--tls", "--tls-verify");
        Assert.True(choosy.Code != 0 && !choosy.Text.Contains("MAIL FROM", StringComparison.Ordinal), choosy.Text);
    }

    public async ValueTask InitializeAsync()
    {
        azurite = await AzuriteProcess.StartOrAdoptAsync(
            await RunningDepot.AzuriteAsync(), new AzuriteSetup { Ports = AzuritePorts.Any }, TimeProvider.System, Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (smtp is not null)
        {
            smtp.Kill();
            await smtp.WaitForExitAsync(CancellationToken.None);
            smtp.Dispose();
        }

        await azurite!.DisposeAsync();
        authority.Dispose();
        folder.Dispose();
    }

    private async Task<int> StartAsync(string certificate, string client = "mail.protection.outlook.com", string trusted = "")
    {
        var roots = trusted.Length > 0 ? trusted : authority.RootPem + authority.IssuerPem;
        await System.IO.File.WriteAllTextAsync(folder.In("root.pem"), roots, Token);
        var (port, health) = (LocalPort.Choose(0), LocalPort.Choose(0));
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MailDepot__WorkStorage"] = azurite!.ConnectionString(AzuriteAccount.Development.Name),
            ["MailDepot__HealthPort"] = $"{health}",
            ["MailDepot__Recipients__0__Pattern"] = Journal,
            ["MailDepot__Smtp__Port"] = $"{port}",
            ["MailDepot__Smtp__Certificate"] = certificate,
            ["MailDepot__Smtp__ClientCertificate"] = client,
            ["MailDepot__Smtp__Networks__0"] = "192.0.2.0/24",
            ["MailDepot__Smtp__ProxiesFrom__0"] = "127.0.0.1/32",
            ["SSL_CERT_FILE"] = folder.In("root.pem"),
        };
        smtp = Command.Start(Command.MailDepot, folder.Path, environment, ["smtp"]);
        await RoleHealth.ReadyAsync(health);
        return port;
    }

    private Task<Command> SwaksAsync(int port, params string[] more) => Command.RunAsync(
        "swaks",
        folder.Path,
        new Dictionary<string, string?>(StringComparer.Ordinal),
        [
            "--server", $"127.0.0.1:{port}",
            "--proxy", $"TCP4 {Client} 192.0.2.1 50000 25",
            "--from", "sender@example.com",
            "--to", Journal,
            .. more,
        ]);

    /// <summary>The reply to MAIL in TLS.</summary>
    /// <remarks>
    /// The client reads to the end of the connection: it can resume a session only if it has read the ticket (RFC 8446 §4.6.1).
    /// </remarks>
    private static async Task<string> SenderReplyAsync(int port, SslStreamCertificateContext own, SslProtocols version)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, Token);
        await using var plain = new NetworkStream(socket);
        await plain.WriteAsync(Encoding.ASCII.GetBytes($"PROXY TCP4 {Client} 192.0.2.1 50000 25\r\nSTARTTLS\r\n"), Token);
        var octet = new byte[1];
        for (var lines = 0; lines < 2; lines += octet[0] == '\n' ? 1 : 0)
        {
            await plain.ReadExactlyAsync(octet, Token);
        }

        await using var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "mx.depot.example.com",
                ClientCertificateContext = own,
                EnabledSslProtocols = version,
                RemoteCertificateValidationCallback = static (_, server, _, _) => server!.Issuer == "CN=Test issuer",
            },
            Token);
        await secure.WriteAsync("EHLO client.example\r\nMAIL FROM:<>\r\nQUIT\r\n"u8.ToArray(), Token);
        using var replies = new StreamReader(secure);
        return (await replies.ReadToEndAsync(Token)).Split("\r\n")[^3];
    }

    /// <summary>Delivers a mail as a client behind a proxy.</summary>
    /// <returns>The thumbprint of the server's certificate, and whether its chain came with it.</returns>
    private static async Task<(string Shown, bool Chained)> SendAsync(
        int port, SecureSocketOptions security, X509Certificate2? own, string peer = Client)
    {
        var (shown, chained) = ("", false);
        using var client = new SmtpClient
        {
            ClientCertificates = own is null ? [] : [own],
            CheckCertificateRevocation = false,
            ServerCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                chained = chain!.ChainElements.Any(element => element.Certificate.Subject == "CN=Test issuer");
                shown = certificate!.GetCertHashString();
                return true;
            },
        };
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"PROXY TCP4 {peer} 192.0.2.1 50000 25\r\n"), Token);
        await client.ConnectAsync(socket, "mx.depot.example.com", port, security, Token);
        using var mail = new MimeMessage { Subject = "by TLS", Body = new TextPart("plain") { Text = "text" } };
        await client.SendAsync(mail, new MailboxAddress("", "sender@example.com"), [new MailboxAddress("", Journal)], Token);
        await client.DisconnectAsync(quit: true, Token);
        return (shown, chained);
    }
}
