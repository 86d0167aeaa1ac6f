using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Host.Smtp;

/// <summary>A self-signed certificate that is never stored: it encrypts but proves nothing.</summary>
/// <remarks>Each start makes a new one. Only clients that pin it notice: by DANE (RFC 7672) or a configured fingerprint.</remarks>
/// <param name="hostName">The name that clients know; the certificate is also valid for localhost.</param>
/// <param name="clock">Determines the start of its validity.</param>
internal sealed class SelfMadeCertificate(string hostName, TimeProvider clock) : ICertificateSource
{
    /// <summary>Longer than a process lives.</summary>
    private const int Years = 10;

    private const string Local = "localhost";

    private bool made;

    /// <inheritdoc />
    public TimeSpan Fresh => TimeSpan.MaxValue;

    /// <inheritdoc />
    public ValueTask<X509Certificate2Collection?> ReadAsync(CancellationToken ct)
    {
        if (made)
        {
            return ValueTask.FromResult<X509Certificate2Collection?>(null);
        }

        made = true;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=MailDepot", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (Uri.CheckHostName(hostName) is UriHostNameType.Dns && hostName != Local)
        {
            names.AddDnsName(hostName);
        }

        names.AddDnsName(Local);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        var today = clock.GetUtcNow();
        using var signed = request.CreateSelfSigned(today.AddDays(-1), today.AddYears(Years));
        var certificate = X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pkcs12), password: null);
        return ValueTask.FromResult<X509Certificate2Collection?>([certificate]);
    }
}
