using System.Security.Cryptography.X509Certificates;
using MailDepot.Connectors.Receiving;

namespace MailDepot.Host.Smtp;

/// <summary>Where the certificate of the SMTP port comes from, and comes from again when it is renewed.</summary>
internal interface ICertificateSource
{
    /// <summary>How long what was read counts as fresh.</summary>
    TimeSpan Fresh { get; }

    /// <summary>Reads it: our certificate, with its key, first, then its chain; null if it is the one that was read last.</summary>
    /// <exception cref="CertificateException">There is none to be had; the message is a sentence that names the key.</exception>
    ValueTask<X509Certificate2Collection?> ReadAsync(CancellationToken ct);
}

/// <summary>The certificate that the settings name can't be had. The message says why, and names the key.</summary>
internal sealed class CertificateException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Finds the source that the settings name.</summary>
internal static class CertificateSource
{
    /// <summary>Null if they name none.</summary>
    public static ICertificateSource? Of(SmtpOptions smtp) =>
        smtp.Certificate.Length == 0 ? null
        : SmtpOptionsCheck.IsSelfMade(smtp.Certificate) ? new SelfMadeCertificate(smtp.Hostname, TimeProvider.System)
        : VaultCertificate.TryReadAddress(smtp.Certificate, out var vault, out var secret) ? new VaultCertificate(vault, secret)
        : new CertificateFile(smtp.Certificate, smtp.CertificateKey);
}
