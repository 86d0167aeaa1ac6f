using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailDepot.Trust;

namespace MailDepot.Notices;

/// <summary>Trust in a relay through a certificate that a person named: the relay's own, or an authority's above it.</summary>
internal sealed class RelayTrust
{
    private readonly NamedCertificates named;

    /// <exception cref="NoticeException">The file can't be read, or has no certificate.</exception>
    public RelayTrust(string file)
    {
        try
        {
            named = new NamedCertificates(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new NoticeException($"MailDepot:Notices:Certificate is '{file}', which can't be read ({e.Message.TrimEnd('.')}): give the path of a PEM file.", e);
        }
    }

    /// <summary>The name must fit in any case; the time of the relay's own certificate, where that is named, need not.</summary>
    public bool Accepts(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is X509Certificate2 shown && (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None
        && (named.Has(shown) || ChainLink.All(named.Chain(shown, chain?.ChainPolicy.ExtraStore)) is X509ChainStatusFlags.NoError);
}
