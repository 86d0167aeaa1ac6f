using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>A certificate for this run.</summary>
internal static class SelfSigned
{
    public const string Subject = "CN=localhost";

    public static Func<SslStreamCertificateContext> Make()
    {
        using var made = Certificate();
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
        var context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null);
        return () => context;
    }

    /// <summary>Another of the same kind, in PEM: the certificate and its key.</summary>
    public static (string Certificate, string Key) MakePem()
    {
        using var made = Certificate();
        using var key = made.GetECDsaPrivateKey()!;
        return (made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest(Subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
