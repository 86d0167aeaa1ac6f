using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Testing;

/// <summary>A certificate authority for a test, and the certificates it signs.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 root = Sign("Test root", issuer: null, isAuthority: true);
    private readonly X509Certificate2 issuer;

    public TestAuthority() => issuer = Sign("Test issuer", root, isAuthority: true);

    /// <summary>The root that a machine must trust.</summary>
    public string RootPem => root.ExportCertificatePem() + "\n";

    public string IssuerPem => issuer.ExportCertificatePem() + "\n";

    /// <summary>The chain that a client sends with its certificate.</summary>
    public X509Certificate2 Issuer => issuer;

    /// <summary>A certificate for a name, with its key.</summary>
    /// <param name="name">The common name and the DNS name.</param>
    /// <param name="usages">Object identifiers of its purposes (RFC 5280 §4.2.1.12); with none, the extension is absent.</param>
    public X509Certificate2 Issue(string name, params string[] usages) => Sign(name, issuer, isAuthority: false, usages);

    /// <summary>A certificate signed by one that may not sign.</summary>
    public static X509Certificate2 IssueBy(X509Certificate2 signer, string name) => Sign(name, signer, isAuthority: false);

    public static string KeyPem(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    /// <summary>As an issuer's client leaves it: certificate, chain, key.</summary>
    public string WholePem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n" + IssuerPem + KeyPem(certificate);

    public void Dispose()
    {
        root.Dispose();
        issuer.Dispose();
    }

    private static X509Certificate2 Sign(string name, X509Certificate2? issuer, bool isAuthority, params string[] usages)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            isAuthority, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        if (!isAuthority)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }

        if (usages.Length > 0)
        {
            request.CertificateExtensions.Add(
                new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], critical: false));
        }

        var now = TimeProvider.System.GetUtcNow();
        if (issuer is null)
        {
            return request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        }

        var serial = RandomNumberGenerator.GetBytes(8);
        serial[0] &= 0x7F; // a serial number is positive (RFC 5280 §4.1.2.2)
        using var signer = issuer.GetECDsaPrivateKey()!;
        using var signed = request.Create(
            issuer.SubjectName,
            X509SignatureGenerator.CreateForECDsa(signer),
            now.AddDays(-1),
            new DateTimeOffset(issuer.NotAfter),
            serial);
        using var paired = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(paired.Export(X509ContentType.Pkcs12), password: null, X509KeyStorageFlags.Exportable);
    }
}
