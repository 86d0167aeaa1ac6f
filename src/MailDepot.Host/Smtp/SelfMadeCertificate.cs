using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Host.Smtp;

/// <summary>A certificate for localhost that nobody vouches for and no disk keeps: with it STARTTLS can be tried where none is configured.</summary>
internal sealed class SelfMadeCertificate(TimeProvider clock) : ICertificateSource
{
    /// <summary>Longer than a process lives.</summary>
    private const int Years = 10;

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
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        var today = clock.GetUtcNow();
        using var signed = request.CreateSelfSigned(today.AddDays(-1), today.AddYears(Years));
        return ValueTask.FromResult<X509Certificate2Collection?>([X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pkcs12), password: null)]);
    }
}
