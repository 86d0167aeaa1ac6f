using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailDepot.Trust;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Whether a server's certificate is trusted: by the machine, by a certificate that a person named, or by its fingerprint.</summary>
/// <remarks>With a named certificate, the server's own or an authority's above it, the name must fit in any case; with a fingerprint nothing else counts.</remarks>
internal sealed class ServerTrust
{
    private readonly MailboxOptions mailbox;
    private readonly NamedCertificates? named;

    /// <exception cref="MailboxException">The named certificate can't be read.</exception>
    public ServerTrust(MailboxOptions mailbox)
    {
        this.mailbox = mailbox;
        try
        {
            named = mailbox.Certificate.Length > 0 ? new NamedCertificates(mailbox.Certificate) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new MailboxException(
                Pop3FailureKind.Settings, $"The certificate {mailbox.Certificate} can't be read ({e.Message.TrimEnd('.')}).", "Correct Certificate.");
        }
    }

    /// <summary>Why the certificate was refused; null if it was not.</summary>
    public Pop3Failure? Refusal { get; private set; }

    /// <summary>How to speak TLS with the server.</summary>
    public SslClientAuthenticationOptions Options => new()
    {
        TargetHost = mailbox.Host,
        EnabledSslProtocols = mailbox.MinimumTls is TlsFloor.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = named is not null || mailbox.Fingerprint.Length > 0 ? X509RevocationMode.NoCheck : X509RevocationMode.Online,
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => (Refusal = Verdict(certificate as X509Certificate2, chain, errors)) is null,
    };

    /// <summary>The digits of a fingerprint as people write them: with colons, spaces, in either case.</summary>
    public static string Digits(string fingerprint) => fingerprint.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();

    private Pop3Failure? Verdict(X509Certificate2? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        var server = Pop3Diagnosis.Server(mailbox);
        if (shown is null)
        {
            return new(Pop3FailureKind.CertificateUntrusted, $"{server} showed no certificate.", "Check Host and Port.");
        }

        if (mailbox.Fingerprint.Length > 0)
        {
            var fingerprint = shown.GetCertHashString(HashAlgorithmName.SHA256);
            return fingerprint == Digits(mailbox.Fingerprint) ? null : new(
                Pop3FailureKind.CertificateChanged, $"{server} showed another certificate than the one whose Fingerprint is set: {fingerprint} ({shown.Subject}, until {shown.NotAfter:yyyy-MM-dd}).",
                "If its administrator renewed it, set Fingerprint to that; else somebody may be listening on the way.");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return new(
                Pop3FailureKind.CertificateName, $"The certificate of {server} is for {string.Join(", ", Names(shown))}, not for {mailbox.Host}.",
                "Set Host to a name that is in the certificate.");
        }

        return named is not null ? OfChain(server, shown, named.Chain(shown, chain?.ChainPolicy.ExtraStore))
            : errors is SslPolicyErrors.None ? null
            : OfChain(server, shown, chain is null ? [] : ChainLink.Of(chain)) ?? Untrusted(server, shown);
    }

    /// <summary>What the worst of a chain's faults is to people; null if there is none.</summary>
    internal static Pop3Failure? OfChain(string server, X509Certificate2 shown, ImmutableArray<ChainLink> chain)
    {
        if (chain.FirstOrDefault(link => link.Status.HasFlag(X509ChainStatusFlags.Revoked)) is { } revoked)
        {
            return new(
                Pop3FailureKind.CertificateRevoked, $"{Which(revoked)} was revoked by its issuer.",
                "The server's administrator has to get another one. Do not put it into Fingerprint: its key may be in other hands.");
        }

        if (chain.FirstOrDefault(link => link.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)) is { } expired)
        {
            return new(
                Pop3FailureKind.CertificateExpired, $"{Which(expired)} was valid from {expired.From:yyyy-MM-dd} to {expired.Until:yyyy-MM-dd}.",
                "The server's administrator has to renew it; also check the clock of this machine.");
        }

        var faults = ChainLink.All(chain);
        return faults is X509ChainStatusFlags.NoError ? null
            : (faults & ~ChainLink.NotAsked) is not X509ChainStatusFlags.NoError ? Untrusted(server, shown)
            : new(
                Pop3FailureKind.RevocationUnknown, $"Nobody here could ask whether the certificate of {server} ({shown.Subject}, issued by {shown.Issuer}) was revoked.",
                "See that this machine reaches the addresses that the issuer's certificates name for that, usually by HTTP on port 80; an authority of your own that has none is named in Certificate.");

        string Which(ChainLink link) => link == chain[0] ? $"The certificate of {server}" : $"The certificate {link.Subject}, which stands above that of {server},";
    }

    private static Pop3Failure Untrusted(string server, X509Certificate2 shown) => new(
        Pop3FailureKind.CertificateUntrusted, $"The certificate of {server} ({shown.Subject}, issued by {shown.Issuer}) is not trusted.",
        "Name the certificate of its issuer in Certificate, or its own SHA-256 in Fingerprint.");

    private static IEnumerable<string> Names(X509Certificate2 shown) =>
        shown.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()).DefaultIfEmpty(shown.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
}
