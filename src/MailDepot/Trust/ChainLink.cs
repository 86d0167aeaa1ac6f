using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Trust;

/// <summary>A certificate of a server's chain, and its faults.</summary>
/// <param name="From">Start of its validity, local time as in <see cref="X509Certificate2.NotBefore"/>.</param>
/// <param name="Until">End of its validity, local time.</param>
/// <param name="Status">Its faults; <see cref="X509ChainStatusFlags.NoError"/> if there are none.</param>
internal sealed record ChainLink(string Subject, DateTime From, DateTime Until, X509ChainStatusFlags Status)
{
    /// <summary>The chain does not end in a certificate that the machine trusts.</summary>
    public const X509ChainStatusFlags NoTrust = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    /// <summary>Revocation could not be checked.</summary>
    public const X509ChainStatusFlags RevocationNotChecked =
        X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation;

    /// <summary>A certificate with these faults.</summary>
    public static ChainLink Of(X509Certificate2 certificate, X509ChainStatusFlags status) =>
        new(certificate.Subject, certificate.NotBefore, certificate.NotAfter, status);

    /// <summary>
    /// The links of a built chain, the server's certificate first. Faults that belong to no single certificate, as Windows reports some,
    /// go to the last one.
    /// </summary>
    public static ImmutableArray<ChainLink> Of(X509Chain chain)
    {
        var links = chain.ChainElements.Select(element => Of(element.Certificate, Flags(element.ChainElementStatus))).ToImmutableArray();
        if (links.IsEmpty)
        {
            return links;
        }

        var last = links[^1];
        return links.SetItem(links.Length - 1, last with { Status = last.Status | (Flags(chain.ChainStatus) & ~All(links)) });
    }

    /// <summary>The faults of all links together.</summary>
    public static X509ChainStatusFlags All(ImmutableArray<ChainLink> links) =>
        links.Aggregate(X509ChainStatusFlags.NoError, (all, link) => all | link.Status);

    /// <summary>Statuses combined into flags.</summary>
    public static X509ChainStatusFlags Flags(IEnumerable<X509ChainStatus> statuses) =>
        statuses.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
}
