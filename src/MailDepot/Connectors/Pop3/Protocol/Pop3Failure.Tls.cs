
namespace MailDepot.Connectors.Pop3.Protocol;

/// <content>TLS and certificates.</content>
public sealed partial record Pop3Failure
{
    internal static Pop3Failure TlsNotSpoken(MailboxOptions mailbox) =>
        new(Pop3FailureKind.TlsNotSpoken, $"{mailbox.Server} does not speak TLS on this port.", CheckPort + ".");

    internal static Pop3Failure TlsPort(MailboxOptions mailbox) => new(
        Pop3FailureKind.TlsPort, $"{mailbox.Server} expects TLS on this port, not plain text.",
        "Set Security to tls, or Port to the port for plain text (usually 110).");

    /// <param name="announced">CAPA listed STLS all the same.</param>
    internal static Pop3Failure StartTlsMissing(MailboxOptions mailbox, bool announced, string reply) => new(
        Pop3FailureKind.StartTlsMissing,
        $"{mailbox.Server} does not accept STARTTLS{(announced ? ", although it announces it" : "")}; no password was sent.",
        "Set Security to tls with the port for it (usually 995); set it to none only where nobody can read the traffic.", reply);

    internal static Pop3Failure TlsRequired(MailboxOptions mailbox, string reply) => new(
        Pop3FailureKind.TlsRequired, $"{mailbox.Server} does not allow logins without TLS.",
        "Set Security to starttls, or to tls with the port for it (usually 995).", reply);

    internal static Pop3Failure TlsTooOld(MailboxOptions mailbox) => new(
        Pop3FailureKind.TlsTooOld, $"{mailbox.Server} and MailDepot have no TLS version or cipher in common.",
        "Have the server updated; if MinimumTls is tls13, tls12 may be enough.");

    /// <param name="which"><c>The certificate of pop.example.com:995</c>, or one above it.</param>
    internal static Pop3Failure CertificateExpired(string which, DateTime from, DateTime until) => new(
        Pop3FailureKind.CertificateExpired, $"{which} is valid only from {from:yyyy-MM-dd} to {until:yyyy-MM-dd}.",
        "Have the server's certificate renewed; also check this machine's clock.");

    /// <param name="which">As for <see cref="CertificateExpired"/>.</param>
    internal static Pop3Failure CertificateRevoked(string which) => new(
        Pop3FailureKind.CertificateRevoked, $"{which} was revoked by its issuer.",
        "Have the server's certificate replaced. Do not put this one into Fingerprint: somebody else may have its key.");

    internal static Pop3Failure RevocationUnknown(string server, string subject, string issuer) => new(
        Pop3FailureKind.RevocationUnknown,
        $"Could not check whether the certificate of {server} ({subject}, issued by {issuer}) was revoked.",
        "Let this machine reach the revocation addresses in the issuer's certificates, usually HTTP on port 80; "
        + "if your own authority publishes none, name its certificate in Certificate.");

    internal static Pop3Failure CertificateUntrusted(string server, string subject, string issuer) => new(
        Pop3FailureKind.CertificateUntrusted, $"The certificate of {server} ({subject}, issued by {issuer}) is not trusted.",
        "Name its issuer's certificate in Certificate, or its own SHA-256 in Fingerprint.");

    internal static Pop3Failure CertificateMissing(string server) =>
        new(Pop3FailureKind.CertificateUntrusted, $"{server} sent no certificate.", "Check Host and Port.");

    /// <param name="names">Host names in the certificate.</param>
    internal static Pop3Failure CertificateName(MailboxOptions mailbox, string names) => new(
        Pop3FailureKind.CertificateName, $"The certificate of {mailbox.Server} is for {names}, not for {mailbox.Host}.",
        "Set Host to a name in the certificate.");

    internal static Pop3Failure CertificateChanged(string server, string fingerprint, string subject, DateTime until) => new(
        Pop3FailureKind.CertificateChanged,
        $"{server} sent a certificate that does not match Fingerprint: {fingerprint} ({subject}, valid until {until:yyyy-MM-dd}).",
        "If its administrator renewed the certificate, set Fingerprint to this value; otherwise somebody may be intercepting the "
        + "connection.");

    internal static Pop3Failure CertificateUnreadable(string file, string reason) => new(
        Pop3FailureKind.Settings, $"The certificate {file} can't be read ({reason}).",
        "Put the PEM file on the machine that collects mailboxes, or correct Certificate.");
}
