using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Trust;

/// <summary>A certificate of a server's chain, and what is wrong with it.</summary>
/// <param name="From">Local time, as certificates are read.</param>
/// <param name="Until">Local time, too.</param>
/// <param name="Status">Nothing, if it is sound.</param>
internal sealed record ChainLink(string Subject, DateTime From, DateTime Until, X509ChainStatusFlags Status)
{
    /// <summary>The chain ends in a certificate that the machine does not trust.</summary>
    public const X509ChainStatusFlags NoTrust = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    /// <summary>Whether it was revoked could not be asked.</summary>
    public const X509ChainStatusFlags RevocationNotChecked = X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation;

    /// <summary>A certificate with what was found.</summary>
    public static ChainLink Of(X509Certificate2 certificate, X509ChainStatusFlags status) => new(certificate.Subject, certificate.NotBefore, certificate.NotAfter, status);

    /// <summary>A chain that was built, the server's certificate first. What is wrong with no single one (Windows tells some so) is the last one's.</summary>
    public static ImmutableArray<ChainLink> Of(X509Chain chain)
    {
        var links = chain.ChainElements.Select(element => Of(element.Certificate, Flags(element.ChainElementStatus))).ToImmutableArray();
        return links.IsEmpty ? links : links.SetItem(links.Length - 1, links[^1] with { Status = links[^1].Status | (Flags(chain.ChainStatus) & ~All(links)) });
    }

    /// <summary>What is wrong with any of them.</summary>
    public static X509ChainStatusFlags All(ImmutableArray<ChainLink> links) => links.Aggregate(X509ChainStatusFlags.NoError, (all, link) => all | link.Status);

    /// <summary>All in one.</summary>
    public static X509ChainStatusFlags Flags(IEnumerable<X509ChainStatus> statuses) => statuses.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
}
