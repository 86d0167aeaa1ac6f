using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Pop3;

/// <summary>Trust in a server through a certificate that a person named: the server's own, or its issuer's.</summary>
internal sealed class ServerTrust(X509Certificate2Collection named)
{
    /// <summary>Reads a PEM file.</summary>
    /// <exception cref="MailboxException">There is none, or no certificate in it.</exception>
    public static ServerTrust Load(string file)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new MailboxException(Pop3FailureKind.Settings, $"The certificate {file} can't be read ({e.Message.TrimEnd('.')}).", "Correct Certificate.");
        }

        return new ServerTrust(certificates);
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
