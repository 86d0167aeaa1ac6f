using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailDepot.Trust;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Decides whether a server's certificate is trusted: by the machine, a configured certificate, or its fingerprint.</summary>
/// <remarks>
/// A configured certificate is the server's own or that of an authority above it; the host name must match all the same. With a
/// fingerprint nothing else counts.
/// </remarks>
internal sealed class ServerTrust
{
    private readonly MailboxOptions mailbox;
    private readonly NamedCertificates? named;

    /// <exception cref="MailboxException">The configured certificate can't be read.</exception>
    public ServerTrust(MailboxOptions mailbox)
    {
        this.mailbox = mailbox;
        try
        {
            named = mailbox.Certificate.Length > 0 ? new NamedCertificates(mailbox.Certificate) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new MailboxException(Pop3Failure.CertificateUnreadable(mailbox.Certificate, e.Message.TrimEnd('.')));
        }
    }

    /// <summary>Why the certificate was refused; null if it was accepted, or not seen yet.</summary>
    public Pop3Failure? Refusal { get; private set; }

    /// <summary>Options for the TLS handshake with the server.</summary>
    public SslClientAuthenticationOptions Options => new()
    {
        TargetHost = mailbox.Host,
        EnabledSslProtocols = mailbox.MinimumTls is TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = named is not null || mailbox.Fingerprint.Length > 0
            ? X509RevocationMode.NoCheck
            : X509RevocationMode.Online,
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            (Refusal = Check(certificate as X509Certificate2, chain, errors)) is null,
    };

    /// <summary>The digits of a fingerprint, which people write with colons or spaces and in either case.</summary>
    public static string Digits(string fingerprint) => fingerprint
        .Replace(":", "", StringComparison.Ordinal)
        .Replace(" ", "", StringComparison.Ordinal)
        .ToUpperInvariant();

    private Pop3Failure? Check(X509Certificate2? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        var server = mailbox.Server;
        if (shown is null)
        {
            return Pop3Failure.CertificateMissing(server);
        }

        if (mailbox.Fingerprint.Length > 0)
        {
            var fingerprint = shown.GetCertHashString(HashAlgorithmName.SHA256);
            return fingerprint == Digits(mailbox.Fingerprint)
                ? null
                : Pop3Failure.CertificateChanged(server, fingerprint, shown.Subject, shown.NotAfter);
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return Pop3Failure.CertificateName(mailbox, string.Join(", ", Names(shown)));
        }

        return named is not null ? OfChain(server, shown, named.Chain(shown, chain?.ChainPolicy.ExtraStore))
            : errors is SslPolicyErrors.None ? null
            : OfChain(server, shown, chain is null ? [] : ChainLink.Of(chain)) ?? Untrusted(server, shown);
    }

    /// <summary>The failure for the worst fault of a chain; null if it has none.</summary>
    internal static Pop3Failure? OfChain(string server, X509Certificate2 shown, ImmutableArray<ChainLink> chain)
    {
        if (chain.FirstOrDefault(link => link.Status.HasFlag(X509ChainStatusFlags.Revoked)) is { } revoked)
        {
            return Pop3Failure.CertificateRevoked(Which(revoked));
        }

        if (chain.FirstOrDefault(link => link.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)) is { } expired)
        {
            return Pop3Failure.CertificateExpired(Which(expired), expired.From, expired.Until);
        }

        var faults = ChainLink.All(chain);
        return faults is X509ChainStatusFlags.NoError ? null
            : (faults & ~ChainLink.RevocationNotChecked) is not X509ChainStatusFlags.NoError ? Untrusted(server, shown)
            : Pop3Failure.RevocationUnknown(server, shown.Subject, shown.Issuer);

        string Which(ChainLink link) =>
            link == chain[0] ? $"The certificate of {server}" : $"The certificate {link.Subject} in the chain of {server}";
    }

    private static Pop3Failure Untrusted(string server, X509Certificate2 shown) =>
        Pop3Failure.CertificateUntrusted(server, shown.Subject, shown.Issuer);

    private static IEnumerable<string> Names(X509Certificate2 shown) => shown.Extensions.OfType<X509SubjectAlternativeNameExtension>()
        .SelectMany(names => names.EnumerateDnsNames())
        .DefaultIfEmpty(shown.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
}
