using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Connectors.Pop3.Protocol;

/// <summary>How a connection is secured, and which certificates are trusted.</summary>
public sealed class TrustTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("maildepot-trust-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MailboxSecurity.Tls, true, "TLS 1.3")]
    [InlineData(MailboxSecurity.StartTls, false, "STARTTLS, TLS 1.3")]
    [InlineData(MailboxSecurity.Auto, true, "TLS 1.3")]
    [InlineData(MailboxSecurity.Auto, false, "STARTTLS, TLS 1.3")]
    public async Task A_connection_is_secured_as_configured_and_says_how(MailboxSecurity security, bool tlsFirst, string secured)
    {
        using var certificate = Make("localhost");
        await using var server = new ScriptedServer { Certificate = certificate, TlsFirst = tlsFirst };
        await using var session = await OpenAsync(server, security, certificate);
        Assert.Equal((secured, tlsFirst ? MailboxSecurity.Tls : MailboxSecurity.StartTls), (session.Secured, session.Security));
        Assert.True(await session.QuitAsync() is { Ok: true });
    }

    [Fact]
    public async Task Auto_never_continues_without_TLS_and_sends_no_password()
    {
        await using var server = new ScriptedServer();
        Assert.Equal(Pop3FailureKind.StartTlsMissing, await FailsAsync(server, mailbox => mailbox.Security = MailboxSecurity.Auto));
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("USER", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Auto_does_not_fall_back_when_a_certificate_is_refused()
    {
        using var certificate = Make("localhost");
        await using var server = new ScriptedServer { Certificate = certificate, TlsFirst = true };
        Assert.Equal(Pop3FailureKind.CertificateUntrusted, await FailsAsync(server, mailbox => mailbox.Security = MailboxSecurity.Auto));
        Assert.Equal(1, server.Sessions);
    }

    [Theory]
    [InlineData("localhost", 1, true, null)]
    [InlineData("localhost", 1, false, Pop3FailureKind.CertificateUntrusted)]
    [InlineData("localhost", -1, true, Pop3FailureKind.CertificateExpired)]
    [InlineData("mail.example.com", 1, true, Pop3FailureKind.CertificateName)]
    public async Task A_certificate_must_be_configured_valid_and_for_the_host(string name, int days, bool named, Pop3FailureKind? failure)
    {
        using var certificate = Make(name, days);
        await using var server = new ScriptedServer { Certificate = certificate, TlsFirst = true };
        var file = Path.Combine(folder.FullName, "ca.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), Token);
        Assert.Equal(
            failure,
            await FailsAsync(server, mailbox => (mailbox.Security, mailbox.Certificate) = (MailboxSecurity.Tls, named ? file : "")));
    }

    [Theory]
    [InlineData("the root", true, null)]
    [InlineData("the issuer", true, null)]
    [InlineData("the issuer", false, null)]
    [InlineData("the server's own", true, null)]
    [InlineData("the server's own", false, null)]
    [InlineData("another root", true, Pop3FailureKind.CertificateUntrusted)]
    [InlineData("another issuer", true, Pop3FailureKind.CertificateUntrusted)]
    public async Task Root_issuer_or_the_server_s_own_certificate_can_be_configured(string which, bool sent, Pop3FailureKind? failure)
    {
        using var authority = new TestAuthority();
        using var another = new TestAuthority(); // its certificates have the same names
        using var certificate = authority.Issue("localhost");
        var pem = which switch
        {
            "the root" => authority.RootPem,
            "the issuer" => authority.IssuerPem,
            "another root" => another.RootPem,
            "another issuer" => another.IssuerPem,
            _ => certificate.ExportCertificatePem(),
        };
        Assert.Equal(failure, await NamedAsync(certificate, sent ? authority.IssuerPem : "", pem));
    }

    [Fact]
    public async Task A_configured_file_without_a_certificate_is_reported_not_ignored()
    {
        using var certificate = Make("localhost");
        Assert.Equal(Pop3FailureKind.Settings, await NamedAsync(certificate, sent: "", named: "no PEM\n"));
    }

    [Fact]
    public async Task Sending_a_configured_certificate_does_not_prove_being_signed_by_it()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority(); // its certificates have the same names
        using var signed = authority.Issue("other.example.com");
        using var forged = stranger.Issue("localhost");
        using var signedByNoAuthority = TestAuthority.IssueBy(signed, "localhost");
        Assert.Equal(
            Pop3FailureKind.CertificateUntrusted, await NamedAsync(forged, authority.IssuerPem + authority.RootPem, authority.IssuerPem));
        Assert.Equal(
            Pop3FailureKind.CertificateUntrusted, await NamedAsync(forged, authority.IssuerPem + authority.RootPem, authority.RootPem));
        Assert.Equal(
            Pop3FailureKind.CertificateUntrusted,
            await NamedAsync(signedByNoAuthority, signed.ExportCertificatePem() + "\n" + authority.IssuerPem, authority.IssuerPem));
        Assert.Equal(
            Pop3FailureKind.CertificateUntrusted,
            await NamedAsync(signedByNoAuthority, signed.ExportCertificatePem(), signed.ExportCertificatePem()));
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, Pop3FailureKind.CertificateChanged)]
    public async Task With_a_fingerprint_nothing_else_counts(bool right, Pop3FailureKind? failure)
    {
        using var certificate = Make("other.example.com", days: -1);
        using var another = Make("localhost");
        await using var server = new ScriptedServer { Certificate = certificate, TlsFirst = true };
        var digits = (right ? certificate : another).GetCertHashString(HashAlgorithmName.SHA256);
        var written = string.Join(':', digits.Chunk(2).Select(pair => new string(pair).ToLowerInvariant()));
        Assert.Equal(
            failure, await FailsAsync(server, mailbox => (mailbox.Security, mailbox.Fingerprint) = (MailboxSecurity.Tls, written)));
    }

    [Fact]
    public async Task A_server_whose_TLS_is_too_old_is_refused()
    {
        using var certificate = Make("localhost");
        await using var server = new ScriptedServer { Certificate = certificate, TlsFirst = true, Protocols = SslProtocols.Tls12 };
        var pin = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        Assert.Equal(
            Pop3FailureKind.TlsTooOld,
            await FailsAsync(
                server,
                mailbox => (mailbox.Security, mailbox.Fingerprint, mailbox.MinimumTls) = (MailboxSecurity.Tls, pin, TlsVersion.Tls13)));
        Assert.Null(await FailsAsync(server, mailbox => (mailbox.Security, mailbox.Fingerprint) = (MailboxSecurity.Tls, pin)));
    }

    [Fact]
    public async Task Plain_text_after_the_reply_to_STLS_is_never_read()
    {
        using var certificate = Make("localhost");
        await using var server = new ScriptedServer { Certificate = certificate, Instead = { ["STLS"] = "+OK begin\r\n+OK injected" } };
        Assert.Equal(Pop3FailureKind.NotPop3, await FailsAsync(server, mailbox => mailbox.Security = MailboxSecurity.StartTls));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static Task<Pop3Session> OpenAsync(ScriptedServer server, MailboxSecurity security, X509Certificate2 certificate) =>
        Pop3Session.OpenAsync(
        server.Access(more: mailbox => (mailbox.Host, mailbox.Security, mailbox.Fingerprint) =
            ("localhost", security, certificate.GetCertHashString(HashAlgorithmName.SHA256))),
        Token);

    private static async Task<Pop3FailureKind?> FailsAsync(ScriptedServer server, Action<MailboxOptions> settings)
    {
        var access = server.Access(more: mailbox =>
        {
            mailbox.Host = "localhost";
            settings(mailbox);
        });
        return (await Pop3Probe.RunAsync(access.Mailbox, access.Secret, TimeProvider.System, Token)).Failure?.Kind;
    }

    /// <param name="sent">PEM of the intermediate certificates that the server sends.</param>
    /// <param name="named">PEM of the configured certificates.</param>
    private async Task<Pop3FailureKind?> NamedAsync(X509Certificate2 certificate, string sent, string named)
    {
        await using var server = new ScriptedServer { Certificate = certificate, TlsFirst = true };
        server.Issuers.ImportFromPem(sent);
        var file = Path.Combine(folder.FullName, "named.pem");
        await File.WriteAllTextAsync(file, named, Token);
        return await FailsAsync(server, mailbox => (mailbox.Security, mailbox.Certificate) = (MailboxSecurity.Tls, file));
    }

    private static X509Certificate2 Make(string name, int days = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-10), TimeProvider.System.GetUtcNow().AddDays(days));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
