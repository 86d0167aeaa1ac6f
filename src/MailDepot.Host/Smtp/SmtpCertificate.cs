using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Host.Smtp;

/// <summary>The certificate that handshakes present, renewed without a restart.</summary>
/// <remarks>
/// A handshake reads it again once the last read is no longer fresh. A file is read right there; while a
/// vault answers, handshakes keep using the current certificate. If a new one can't be read, the old one stays,
/// and one warning says why.
/// </remarks>
/// <param name="source">Where it comes from.</param>
/// <param name="first">What was read there at start.</param>
/// <param name="clock">Measures its age.</param>
/// <param name="log">Gets one line for each reason why it was not renewed.</param>
internal sealed partial class SmtpCertificate(
    ICertificateSource source, X509Certificate2Collection first, TimeProvider clock, ILogger<SmtpCertificate> log)
{
    private readonly Lock turn = new();
    private SslStreamCertificateContext current = Context(first);
    private string? complaint;
    private long asked = clock.GetTimestamp();
    private bool asking;

    /// <summary>The current certificate with its chain.</summary>
    public SslStreamCertificateContext Current()
    {
        lock (turn)
        {
            if (asking || clock.GetElapsedTime(asked) < source.Fresh)
            {
                return current;
            }

            (asking, asked) = (true, clock.GetTimestamp());
        }

        _ = RenewAsync();
        return current;
    }

    private async Task RenewAsync()
    {
        try
        {
            if (await source.ReadAsync(CancellationToken.None) is { } renewed)
            {
                current = Context(renewed); // the old one may still be in a handshake: it is left to the collector
            }

            complaint = null;
        }
        catch (Exception failure)
        {
            // This is the boundary to files and network: whatever fails, the port keeps the certificate it has.
            if (failure.Message != complaint)
            {
                complaint = failure.Message;
                LogNotRenewed(log, failure.Message);
            }
        }
        finally
        {
            asking = false;
        }
    }

    /// <summary>Never fetches missing certificates: the chain is sent as far as it was given.</summary>
    private static SslStreamCertificateContext Context(X509Certificate2Collection certificates) =>
        SslStreamCertificateContext.Create(certificates[0], [.. certificates.Skip(1)], offline: true);

    [LoggerMessage(LogLevel.Warning, "SMTP: the certificate could not be read again, and the one from before stays. {Sentence}")]
    private static partial void LogNotRenewed(ILogger logger, string sentence);
}
