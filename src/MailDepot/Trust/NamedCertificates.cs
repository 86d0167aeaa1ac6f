using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Trust;

/// <summary>Certificates configured for a server: its own, or that of an authority above it, up to the root.</summary>
/// <remarks>
/// Trust begins at the first certificate of the chain that is configured; those above it are not checked. Revocation is not checked,
/// because private authorities usually publish none.
/// </remarks>
internal sealed class NamedCertificates
{
    private readonly X509Certificate2Collection named = [];

    /// <param name="file">PEM with one or more certificates.</param>
    /// <exception cref="IOException">The file can't be read; or <see cref="UnauthorizedAccessException"/>.</exception>
    /// <exception cref="CryptographicException">The file contains no certificate.</exception>
    public NamedCertificates(string file)
    {
        named.ImportFromPemFile(file);
        if (named.Count == 0)
        {
            throw new CryptographicException("there is no certificate in it");
        }
    }

    /// <summary>Whether exactly this certificate is configured.</summary>
    public bool Has(X509Certificate2 one) => named.Any(other => other.RawDataMemory.Span.SequenceEqual(one.RawDataMemory.Span));

    /// <summary>The chain from the server's certificate to the one where trust begins. It is trusted if no link has a fault.</summary>
    /// <param name="sent">Intermediate certificates that the server sent, which may be needed to build the chain.</param>
    public ImmutableArray<ChainLink> Chain(X509Certificate2 shown, X509Certificate2Collection? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(named); // those that are not roots only help to build the chain
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
