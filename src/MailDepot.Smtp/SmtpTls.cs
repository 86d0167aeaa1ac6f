using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Smtp;

/// <summary>Begins TLS on a connection (RFC 3207): TLS 1.2 or 1.3, with the certificate of the moment.</summary>
/// <remarks>
/// Clients are asked for a certificate and none is needed: whether what one shows counts is for the policy. Exchange
/// Online shows one when asked, with its chain (RFC 8446 §4.4.2). Nothing is fetched for it: a stranger's certificate
/// would decide which address we call, and keep the connection waiting meanwhile.
/// </remarks>
/// <param name="certificate">Our certificate, with its chain; asked at every handshake, so it may change.</param>
public sealed class SmtpTls(Func<SslStreamCertificateContext> certificate)
{
    /// <summary>Does the handshake as its server.</summary>
    /// <param name="plain">The connection.</param>
    /// <param name="onPool">The thread that brings the client's octets has no time to sign or to follow chains.</param>
    /// <param name="cancel">Nobody waits for it any more.</param>
    /// <returns>The connection from here on; disposing it says goodbye and leaves the plain pipes open.</returns>
    /// <exception cref="AuthenticationException">The two could not agree.</exception>
    /// <exception cref="IOException">The client is gone.</exception>
    public async Task<(SslStream Stream, TlsFacts Facts)> BeginAsync(IDuplexPipe plain, bool onPool, CancellationToken cancel)
    {
        ClientCertificate? shown = null;
        var octets = new DuplexStream(plain) { ReadsOnPool = onPool };
        var stream = new SslStream(octets, leaveInnerStreamOpen: true);
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate(),
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ClientCertificateRequired = true, // asked for; the callback takes everyone
                    AllowTlsResume = false, // of a client that resumes OpenSSL keeps the certificate without its chain
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        RevocationMode = X509RevocationMode.NoCheck,
                        DisableCertificateDownloads = true,
                        VerificationFlags = X509VerificationFlags.IgnoreWrongUsage, // public authorities issue for servers only
                    },
                    RemoteCertificateValidationCallback = (_, client, _, errors) => Admit(client as X509Certificate2, errors, out shown),
                },
                cancel);
            octets.ReadsOnPool = false;
            return (stream, new TlsFacts(Name(stream.SslProtocol), stream.NegotiatedCipherSuite.ToString(), shown));
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Everyone may come in; what was shown is kept for the policy.</summary>
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
            var names = client.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames()).Prepend(name);
            return new ClientCertificate([.. names.Distinct(StringComparer.OrdinalIgnoreCase)], (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None);
        }
        catch (CryptographicException)
        {
            return new ClientCertificate([name], Trusted: false); // a stranger's certificate may have anything in place of names
        }
    }

    /// <summary>As Received lines and tickets have it.</summary>
    public static string Name(SslProtocols version) => version == SslProtocols.Tls13 ? "TLSv1.3" : "TLSv1.2";
}
