using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Trust;

/// <summary>Certificates that a person named for a server: its own, or that of an authority above it, the root or any between.</summary>
/// <remarks>Trust begins at the first one of the server's chain that is named: what stands above that is not looked at. Revocation can't be asked of an authority of one's own.</remarks>
internal sealed class NamedCertificates
{
    private readonly X509Certificate2Collection named = [];

    /// <param name="file">PEM, with one or more.</param>
    /// <exception cref="IOException">The file can't be read; or <see cref="UnauthorizedAccessException"/>.</exception>
    /// <exception cref="CryptographicException">There is no certificate in it.</exception>
    public NamedCertificates(string file)
    {
        named.ImportFromPemFile(file);
        if (named.Count == 0)
        {
            throw new CryptographicException("there is no certificate in it");
        }
    }

    /// <summary>This very one was named.</summary>
    public bool Has(X509Certificate2 one) => named.Any(other => other.RawDataMemory.Span.SequenceEqual(one.RawDataMemory.Span));

    /// <summary>From the server's certificate to the one where trust begins. It is trusted if nothing is wrong with any of them.</summary>
    /// <param name="sent">What the server showed beside its own: without these there may be no way to a root.</param>
    public ImmutableArray<ChainLink> Chain(X509Certificate2 shown, X509Certificate2Collection? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(named); // those that are no roots help to build only
        chain.ChainPolicy.ExtraStore.AddRange(sent ?? []);
        chain.Build(shown);
        var links = ImmutableArray.CreateBuilder<ChainLink>();
        foreach (var element in chain.ChainElements)
        {
            var (certificate, status) = (element.Certificate, ChainLink.Flags(element.ChainElementStatus));
            if (Has(certificate))
            {
                links.Add(ChainLink.Of(certificate, status & ~ChainLink.NoTrust));
                return links.ToImmutable();
            }

            links.Add(ChainLink.Of(certificate, status));
        }

        return [.. links, ChainLink.Of(shown, X509ChainStatusFlags.UntrustedRoot)];
    }
}
