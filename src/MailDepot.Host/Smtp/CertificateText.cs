using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MailDepot.Host.Smtp;

/// <summary>Parses certificate, key and chain from the content of a file or secret: PEM (RFC 7468) or PFX (PKCS #12, RFC 7292).</summary>
internal static class CertificateText
{
    private static readonly byte[] PemBegins = "-----BEGIN "u8.ToArray();

    /// <summary>The certificates; the one that the key belongs to comes first.</summary>
    /// <param name="bytes">PEM in any order, or PFX without a password.</param>
    /// <param name="keyBytes">PEM of the key, if it is separate; else empty.</param>
    /// <exception cref="CryptographicException">There is no certificate, no key, or no key that belongs to one.</exception>
    public static X509Certificate2Collection Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> keyBytes)
    {
        if (bytes.IndexOf(PemBegins) < 0)
        {
            return OwnFirst(X509CertificateLoader.LoadPkcs12Collection(bytes, password: null));
        }

        var found = new X509Certificate2Collection();
        found.ImportFromPem(Encoding.UTF8.GetString(bytes));
        var key = Encoding.UTF8.GetString(keyBytes.IsEmpty ? bytes : keyBytes);
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CryptographicException("there is no private key in it");
        }

        if (key.Contains("ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CryptographicException("its private key has a password");
        }

        for (var i = 0; i < found.Count; i++)
        {
            if (Pair(found[i], key) is { } own)
            {
                found[i].Dispose();
                found[i] = own;
                return OwnFirst(found);
            }
        }

        throw new CryptographicException(found.Count == 0
            ? "there is no certificate in it"
            : "its private key belongs to none of its certificates");
    }

    /// <summary>The certificate with its key, in a form that TLS can use on every platform; null if they don't belong together.</summary>
    private static X509Certificate2? Pair(X509Certificate2 certificate, string key)
    {
        try
        {
            using var paired = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
            return X509CertificateLoader.LoadPkcs12(paired.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static X509Certificate2Collection OwnFirst(X509Certificate2Collection found) =>
        found.All(certificate => !certificate.HasPrivateKey)
            ? throw new CryptographicException("there is no private key in it")
            : [.. found.OrderByDescending(certificate => certificate.HasPrivateKey)];
}
