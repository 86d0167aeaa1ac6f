using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Pop3;

/// <summary>Whether a server's certificate is trusted: by the machine, by a certificate that a person named, or by its fingerprint.</summary>
/// <remarks>With a named certificate, the server's own or its issuer's, the name must fit in any case; with a fingerprint nothing else counts.</remarks>
internal sealed class ServerTrust
{
    private readonly MailboxOptions mailbox;
    private readonly X509Certificate2Collection named = [];

    /// <exception cref="MailboxException">The named certificate can't be read.</exception>
    public ServerTrust(MailboxOptions mailbox)
    {
        this.mailbox = mailbox;
        if (mailbox.Certificate.Length == 0)
        {
            return;
        }

        try
        {
            named.ImportFromPemFile(mailbox.Certificate);
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
        CertificateRevocationCheckMode = named.Count > 0 || mailbox.Fingerprint.Length > 0 ? X509RevocationMode.NoCheck : X509RevocationMode.Online,
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

        using var own = named.Count > 0 ? new X509Chain() : null;
        if (own is not null)
        {
            own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // it can't be asked of an authority of one's own
            own.ChainPolicy.CustomTrustStore.AddRange(named);
            chain = own;
            errors = own.Build(shown) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors;
        }

        return errors is SslPolicyErrors.None ? null : OfChain(shown, chain, server);
    }

    /// <summary>A certificate that somebody named is trusted by itself, but not after its time.</summary>
    private Pop3Failure? OfChain(X509Certificate2 shown, X509Chain? chain, string server)
    {
        if (chain?.ChainStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)) is true)
        {
            return new(
                Pop3FailureKind.CertificateExpired, $"The certificate of {server} was valid from {shown.NotBefore:yyyy-MM-dd} to {shown.NotAfter:yyyy-MM-dd}.",
                "The server's administrator has to renew it; also check the clock of this machine.");
        }

        return named.Any(one => one.RawDataMemory.Span.SequenceEqual(shown.RawDataMemory.Span)) ? null : new(
            Pop3FailureKind.CertificateUntrusted, $"The certificate of {server} ({shown.Subject}, issued by {shown.Issuer}) is not trusted.",
            "Name the certificate of its issuer in Certificate, or its own SHA-256 in Fingerprint.");
    }

    private static IEnumerable<string> Names(X509Certificate2 shown) =>
        shown.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()).DefaultIfEmpty(shown.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
}
