using System.Security.Cryptography.X509Certificates;
using MailDepot.Connectors.Receiving;

namespace MailDepot.Host.Smtp;

/// <summary>Where the certificate of the SMTP port comes from, initially and at each renewal.</summary>
internal interface ICertificateSource
{
    /// <summary>How long a certificate counts as fresh after it was read.</summary>
    TimeSpan Fresh { get; }

    /// <summary>Reads our certificate with its key, followed by its chain; null if it has not changed since the last read.</summary>
    /// <exception cref="CertificateException">It can't be read; the message is one sentence that names the setting.</exception>
    ValueTask<X509Certificate2Collection?> ReadAsync(CancellationToken ct);
}

/// <summary>The certificate that the settings name can't be read. The message says why and names the setting.</summary>
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
