using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using MailDepot.Connectors.Receiving;
using MailDepot.Host.Smtp;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MailDepot.Tests.Host.Smtp;

/// <summary>Where the certificate of the SMTP port comes from, and how its renewals are followed.</summary>
public sealed class CertificateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TestAuthority authority = new();
    private readonly FakeTimeProvider clock = new();
    private readonly List<string> lines = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => folder.In("server.pem");

    private string KeyFile => folder.In("server.key");

    [Fact]
    public async Task A_PEM_file_in_any_order_gives_the_certificate_of_its_key_and_the_chain()
    {
        var own = authority.Issue("mx.depot.example");
        string[] texts =
        [
            authority.WholePem(own),
            TestAuthority.KeyPem(own) + authority.RootPem + authority.IssuerPem + own.ExportCertificatePem(),
        ];
        foreach (var text in texts)
        {
            await System.IO.File.WriteAllTextAsync(File, text, Token);
            AssertOwn(own, await new CertificateFile(File, "").ReadAsync(Token));
        }
    }

    [Fact]
    public async Task The_key_may_be_in_a_file_of_its_own()
    {
        var own = authority.Issue("mx.depot.example");
        await System.IO.File.WriteAllTextAsync(File, own.ExportCertificatePem() + "\n" + authority.IssuerPem, Token);
        await System.IO.File.WriteAllTextAsync(KeyFile, TestAuthority.KeyPem(own), Token);
        AssertOwn(own, await new CertificateFile(File, KeyFile).ReadAsync(Token));
    }

    [Fact]
    public async Task A_PFX_has_everything_in_one_file()
    {
        var own = authority.Issue("mx.depot.example");
        await System.IO.File.WriteAllBytesAsync(File, Pfx(own), Token);
        AssertOwn(own, await new CertificateFile(File, "").ReadAsync(Token));
    }

    [Theory]
    [InlineData("", "MailDepot:Smtp:Certificate is '", "there is no such file")]
    [InlineData("certificate", "MailDepot:Smtp:Certificate is '", "there is no private key in it")]
    [InlineData("key", "MailDepot:Smtp:Certificate is '", "there is no certificate in it")]
    [InlineData("certificate, another's key", "MailDepot:Smtp:Certificate is '", "its private key belongs to none of its certificates")]
    [InlineData("certificate, no key file", "MailDepot:Smtp:CertificateKey is '", "there is no such file")]
    [InlineData("certificate, a locked key", "MailDepot:Smtp:Certificate is '", "its private key has a password")]
    [InlineData("nonsense", "MailDepot:Smtp:Certificate is '", "that is no certificate with its key")]
    public async Task What_is_wrong_with_a_file_is_one_sentence_that_names_the_setting(string content, string beginning, string words)
    {
        var (own, other) = (authority.Issue("mx.depot.example"), authority.Issue("other.example"));
        using var key = own.GetECDsaPrivateKey()!;
        var locking = new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, iterationCount: 1);
        var text = content switch
        {
            "key" => TestAuthority.KeyPem(own),
            "certificate, another's key" => own.ExportCertificatePem() + "\n" + TestAuthority.KeyPem(other),
            "certificate, a locked key" =>
                own.ExportCertificatePem() + "\n" + key.ExportEncryptedPkcs8PrivateKeyPem("geheim", locking),
            "nonsense" => "nonsense",
            _ => own.ExportCertificatePem(),
        };
        if (content.Length > 0)
        {
            await System.IO.File.WriteAllTextAsync(File, text, Token);
        }

        var source = new CertificateFile(File, content == "certificate, no key file" ? KeyFile : "");
        var failure = await Assert.ThrowsAsync<CertificateException>(async () => await source.ReadAsync(Token));
        Assert.StartsWith(beginning, failure.Message, StringComparison.Ordinal);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public async Task A_file_that_changed_is_used_at_a_handshake_ten_seconds_later()
    {
        var (first, second) = (authority.Issue("mx.depot.example"), authority.Issue("mx.depot.example"));
        var certificate = await FollowAsync(first);
        await ReplaceAsync(authority.WholePem(second));
        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(first.Thumbprint, certificate.Current().TargetCertificate.Thumbprint);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second.Thumbprint, certificate.Current().TargetCertificate.Thumbprint);
        Assert.Single(certificate.Current().IntermediateCertificates);
        Assert.Empty(lines);
    }

    [Fact]
    public async Task A_file_behind_a_link_to_a_folder_is_followed_as_Kubernetes_mounts_secrets()
    {
        var (first, second) = (authority.Issue("mx.depot.example"), authority.Issue("mx.depot.example"));
        foreach (var (name, own) in new[] { ("one", first), ("two", second) })
        {
            Directory.CreateDirectory(folder.In(name));
            await System.IO.File.WriteAllTextAsync(Path.Combine(folder.In(name), "server.pem"), authority.WholePem(own), Token);
        }

        Directory.CreateSymbolicLink(folder.In("..data"), folder.In("one"));
        System.IO.File.CreateSymbolicLink(File, Path.Combine(folder.In("..data"), "server.pem"));
        var source = new CertificateFile(File, "");
        AssertOwn(first, await source.ReadAsync(Token));
        Assert.Null(await source.ReadAsync(Token));
        Directory.Delete(folder.In("..data"));
        Directory.CreateSymbolicLink(folder.In("..data"), folder.In("two"));
        AssertOwn(second, await source.ReadAsync(Token));
    }

    [Fact]
    public async Task A_file_that_can_not_be_read_again_leaves_the_old_certificate_and_one_line()
    {
        var (first, second) = (authority.Issue("mx.depot.example"), authority.Issue("mx.depot.example"));
        var certificate = await FollowAsync(first);
        await ReplaceAsync("half wri");
        for (var i = 0; i < 5; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal(first.Thumbprint, certificate.Current().TargetCertificate.Thumbprint);
        }

        Assert.Contains("the one from before stays. MailDepot:Smtp:Certificate is '", Assert.Single(lines), StringComparison.Ordinal);
        await ReplaceAsync(authority.WholePem(second));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(second.Thumbprint, certificate.Current().TargetCertificate.Thumbprint);
    }

    [Theory]
    [InlineData("application/x-pkcs12")]
    [InlineData("application/x-pem-file")]
    public async Task A_secret_in_a_key_vault_is_requested_once_an_hour_and_read_when_its_version_changed(string kind)
    {
        using var vault = new Vault(kind == "application/x-pkcs12" ? own => Convert.ToBase64String(Pfx(own)) : authority.WholePem);
        var (first, second) = (authority.Issue("mx.depot.example"), authority.Issue("mx.depot.example"));
        vault.Put("1", first);
        var source = vault.Source();
        var certificate = new SmtpCertificate(source, (await source.ReadAsync(Token))!, clock, Log());
        vault.Put("2", second);
        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(first.Thumbprint, certificate.Current().TargetCertificate.Thumbprint);
        Assert.Equal(1, vault.Asked);
        clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.IsTrueAsync(
            () => certificate.Current().TargetCertificate.Thumbprint == second.Thumbprint, "the new version is used");
        Assert.Equal(2, vault.Asked);
        AssertOwn(second, [certificate.Current().TargetCertificate, .. certificate.Current().IntermediateCertificates]);
        Assert.Null(await source.ReadAsync(Token));
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "our identity may not read it: it needs the role Key Vault Secrets User")]
    [InlineData(HttpStatusCode.NotFound, "there is no such secret")]
    public async Task A_vault_that_refuses_is_one_sentence(HttpStatusCode status, string words)
    {
        using var vault = new Vault(authority.WholePem) { Refuses = status };
        var failure = await Assert.ThrowsAsync<CertificateException>(async () => await vault.Source().ReadAsync(Token));
        Assert.Equal(
            $"MailDepot:Smtp:Certificate names the secret 'smtp' in depot.vault.azure.net: it can't be read ({words}).",
            failure.Message);
    }

    [Fact]
    public async Task A_self_made_one_is_for_the_name_that_clients_know_and_for_localhost()
    {
        var own = (await Of("self-made", "mx.depot.example").ReadAsync(Token))![0];
        Assert.True(own.HasPrivateKey);
        Assert.True(own.MatchesHostname("mx.depot.example"));
        Assert.True(own.MatchesHostname("localhost"));
        Assert.True(own.MatchesHostname("127.0.0.1"));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("[192.0.2.1]")]
    [InlineData("mx..example")]
    public async Task What_is_not_a_host_name_in_the_DNS_is_left_out_of_a_self_made_one(string hostName)
    {
        var own = (await Of("Self-Made", hostName).ReadAsync(Token))![0];
        var names = Assert.Single(own.Extensions.OfType<X509SubjectAlternativeNameExtension>());
        Assert.Equal(["localhost"], names.EnumerateDnsNames());
    }

    [Fact]
    public async Task Each_start_makes_a_new_one_and_keeps_it()
    {
        var (first, second) = (Of("self-made", "mx.depot.example"), Of("self-made", "mx.depot.example"));
        Assert.NotEqual((await first.ReadAsync(Token))![0].Thumbprint, (await second.ReadAsync(Token))![0].Thumbprint);
        Assert.Null(await first.ReadAsync(Token));
    }

    public void Dispose()
    {
        folder.Dispose();
        authority.Dispose();
    }

    private static ICertificateSource Of(string setting, string hostName) =>
        CertificateSource.Of(new SmtpOptions { Certificate = setting, Hostname = hostName })!;

    private static void AssertOwn(X509Certificate2 own, X509Certificate2Collection? read)
    {
        Assert.Equal(own.Thumbprint, read![0].Thumbprint);
        Assert.True(read[0].HasPrivateKey);
        Assert.Contains(read, certificate => certificate.Subject == own.Issuer);
    }

    private byte[] Pfx(X509Certificate2 own) =>
        new X509Certificate2Collection { X509Certificate2.CreateFromPem(authority.IssuerPem), own }.Export(X509ContentType.Pkcs12)!;

    private async Task<SmtpCertificate> FollowAsync(X509Certificate2 first)
    {
        await System.IO.File.WriteAllTextAsync(File, authority.WholePem(first), Token);
        var source = new CertificateFile(File, "");
        return new SmtpCertificate(source, (await source.ReadAsync(Token))!, clock, Log());
    }

    /// <summary>Other content with the same time, as file systems may round times.</summary>
    private async Task ReplaceAsync(string text)
    {
        var before = System.IO.File.GetLastWriteTimeUtc(File);
        await System.IO.File.WriteAllTextAsync(File, text, Token);
        System.IO.File.SetLastWriteTimeUtc(File, before);
    }

    private ILogger<SmtpCertificate> Log() => new LoggerFactory([new Lines(lines)]).CreateLogger<SmtpCertificate>();

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(formatter(state, exception));

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
            // holds nothing
        }
    }

    /// <summary>Key Vault's answer to "Get Secret", without a network.</summary>
    private sealed class Vault(Func<X509Certificate2, string> secret) : HttpMessageHandler
    {
        private string version = "";
        private string value = "";

        public HttpStatusCode? Refuses { get; init; }

        public int Asked { get; private set; }

        public void Put(string newVersion, X509Certificate2 certificate) => (version, value) = (newVersion, secret(certificate));

        public VaultCertificate Source()
        {
            var options = new SecretClientOptions { Transport = new HttpClientTransport(this), Retry = { MaxRetries = 0 } };
            return new(new SecretClient(new Uri("https://depot.vault.azure.net"), new Somebody(), options), "smtp");
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            Assert.Equal("/secrets/smtp", request.RequestUri!.AbsolutePath.TrimEnd('/'));
            var id = $"https://depot.vault.azure.net/secrets/smtp/{version}";
            var body = Refuses is null ? JsonSerializer.Serialize(new { value, id, attributes = new { enabled = true } }) : "{}";
            return Task.FromResult(new HttpResponseMessage(Refuses ?? HttpStatusCode.OK)
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            });
        }
    }

    /// <summary>It may never be asked: the client remembers for the whole process which vaults need a token.</summary>
    private sealed class Somebody : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("token", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(
            TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(new AccessToken("token", DateTimeOffset.MaxValue));
    }
}
