using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailDepot.Trust;

namespace MailDepot.Notices;

/// <summary>Trusts a relay by a configured certificate: its own, or that of an authority above it.</summary>
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
            throw new NoticeException(
                $"MailDepot:Notices:Certificate is '{file}', which can't be read ({e.Message.TrimEnd('.')}): "
                + "give the path of a PEM file.", e);
        }
    }

    /// <summary>The name must always match. If the relay's own certificate is the configured one, it may have expired.</summary>
    public bool Accepts(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is X509Certificate2 shown && (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None
        && (named.Has(shown) || ChainLink.All(named.Chain(shown, chain?.ChainPolicy.ExtraStore)) is X509ChainStatusFlags.NoError);
}
