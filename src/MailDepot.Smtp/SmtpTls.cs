using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Smtp;

/// <summary>Starts TLS on a connection (RFC 3207): TLS 1.2 or 1.3, with the current certificate.</summary>
/// <remarks>
/// Clients are asked for a certificate but need not send one; the policy decides whether it counts. Exchange Online sends one
/// when asked, with its chain (RFC 8446 §4.4.2). Nothing is downloaded to verify it: a stranger's certificate would choose the
/// address we call, and delay the connection.
/// </remarks>
/// <param name="certificate">Our certificate with its chain; called at every handshake, so it may change.</param>
public sealed class SmtpTls(Func<SslStreamCertificateContext> certificate)
{
    /// <summary>Performs the server's side of the handshake.</summary>
    /// <param name="plain">The connection.</param>
    /// <param name="onPool">Signs and verifies on the thread pool, not on the thread that delivers the client's bytes.</param>
    /// <param name="ct">Nobody waits for the handshake any more.</param>
    /// <returns>The encrypted connection; disposing it leaves the plain pipes open.</returns>
    /// <exception cref="AuthenticationException">The handshake failed.</exception>
    /// <exception cref="IOException">The client disconnected.</exception>
    public async Task<(SslStream Stream, TlsFacts Facts)> BeginAsync(IDuplexPipe plain, bool onPool, CancellationToken ct)
    {
        ClientCertificate? shown = null;
        var bytes = new DuplexStream(plain) { ReadsOnPool = onPool };
        var stream = new SslStream(bytes, leaveInnerStreamOpen: true);
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate(),
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ClientCertificateRequired = true, // requests one; the callback accepts everyone
                    AllowTlsResume = false, // for a resumed session OpenSSL keeps the client's certificate without its chain
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        RevocationMode = X509RevocationMode.NoCheck,
                        DisableCertificateDownloads = true,
                        VerificationFlags = X509VerificationFlags.IgnoreWrongUsage, // public authorities issue for servers only
                    },
                    RemoteCertificateValidationCallback = (_, client, _, errors) => Admit(client as X509Certificate2, errors, out shown),
                },
                ct);
            bytes.ReadsOnPool = false;
            return (stream, new TlsFacts(Name(stream.SslProtocol), stream.NegotiatedCipherSuite.ToString(), shown));
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Accepts everyone and keeps the certificate for the policy.</summary>
    private static bool Admit(X509Certificate2? client, SslPolicyErrors errors, out ClientCertificate? shown)
    {
        shown = client is null ? null : Facts(client, errors);
        return true;
    }

    private static ClientCertificate Facts(X509Certificate2 client, SslPolicyErrors errors)
    {
        var name = client.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        try
        {
            var names = client.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(extension => extension.EnumerateDnsNames()).Prepend(name);
            return new ClientCertificate(
                [.. names.Distinct(StringComparer.OrdinalIgnoreCase)],
                Trusted: (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None);
        }
        catch (CryptographicException)
        {
            return new ClientCertificate([name], Trusted: false); // a stranger's certificate may contain anything
        }
    }

    /// <summary>The version as written in Received fields and tickets.</summary>
    public static string Name(SslProtocols version) => version == SslProtocols.Tls13 ? "TLSv1.3" : "TLSv1.2";
}
