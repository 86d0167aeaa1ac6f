using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Notices;

/// <summary>Trust in a relay through a certificate that a person named: the relay's own, or its issuer's.</summary>
internal sealed class RelayTrust
{
    private readonly X509Certificate2Collection named = [];

    /// <exception cref="NoticeException">The file can't be read, or has no certificate.</exception>
    public RelayTrust(string file)
    {
        try
        {
            named.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new NoticeException($"MailDepot:Notices:Certificate is '{file}', which can't be read ({e.Message.TrimEnd('.')}): give the path of a PEM file.", e);
        }
    }

    /// <summary>The name must fit in any case; revocation can't be asked of an authority of one's own.</summary>
    public bool Accepts(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(named);
        return named.Any(one => one.RawDataMemory.Span.SequenceEqual(shown.RawDataMemory.Span)) || chain.Build(shown);
    }
}
