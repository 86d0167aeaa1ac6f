using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Host.Smtp;

/// <summary>The certificate that handshakes show, followed through its renewals without a restart.</summary>
/// <remarks>
/// It is asked for again at a handshake, once the last answer is no longer fresh. A file is read there and then; while a
/// vault answers, handshakes go on with the certificate that there is. When a new one can't be had the old one stays,
/// and one warning says why.
/// </remarks>
/// <param name="source">Where it comes from.</param>
/// <param name="first">What was read there at start.</param>
/// <param name="clock">Measures how fresh it is.</param>
/// <param name="log">A line for each reason why it was not renewed.</param>
internal sealed partial class SmtpCertificate(ICertificateSource source, X509Certificate2Collection first, TimeProvider clock, ILogger<SmtpCertificate> log)
{
    private readonly Lock turn = new();
    private SslStreamCertificateContext current = Context(first);
    private string? complaint;
    private long asked = clock.GetTimestamp();
    private bool asking;

    /// <summary>The certificate of the moment, with its chain.</summary>
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
            // The edge to files and network: whatever it is, the port goes on with what it has.
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

    /// <summary>Nothing is fetched for it: a chain is sent as far as it was given.</summary>
    private static SslStreamCertificateContext Context(X509Certificate2Collection certificates) =>
        SslStreamCertificateContext.Create(certificates[0], [.. certificates.Skip(1)], offline: true);

    [LoggerMessage(LogLevel.Warning, "SMTP: the certificate could not be read again, and the one from before stays. {Sentence}")]
    private static partial void LogNotRenewed(ILogger logger, string sentence);
}
