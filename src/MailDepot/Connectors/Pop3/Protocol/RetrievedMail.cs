using System.Globalization;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>The reply to RETR as a stream: dot-unstuffed, otherwise byte for byte as received, up to CRLF.CRLF.</summary>
/// <remarks>
/// Only CRLF ends a line, as in SMTP: a bare LF is content, so no mail is cut short at an LF and a dot. A connection that ends
/// before the dot is an exception, never a short mail. So is a mail that does not end: the server may be hostile, and other mails
/// wait behind it. Only time spent waiting for the server counts, not for our storage.
/// </remarks>
internal sealed class RetrievedMail(Pop3Wire wire, long listed) : ForwardOnlyStream
{
    /// <summary>Bytes that any mail may have, even if LIST says less: twice the largest mail of Microsoft 365 (150 MB).</summary>
    private const long AlwaysAllowedBytes = 300_000_000;

    /// <summary>
    /// A mail may be this many times its size by LIST: some servers count a line ending as one byte, or measure before converting the
    /// mail.
    /// </summary>
    private const int ListedFactor = 2;

    /// <summary>Bytes per second, a modem's speed; enforced after <see cref="GracePeriod"/>.</summary>
    private const int MinBytesPerSecond = 8_000;

    /// <summary>During this time a mail may arrive at any speed.</summary>
    private static readonly TimeSpan GracePeriod = TimeSpan.FromMinutes(5);

    /// <summary>For any mail. Shorter than <see cref="Pop3Visit.MaxDuration"/>, so that the failure is attributed to this mail.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(35);

    private readonly TimeSpan waitedBefore = wire.Waited;
    private long bytes;
    private DotUnstuffer unstuffer;

    /// <summary>The final dot was read; the next reply follows.</summary>
    public bool AtEnd => unstuffer.AtEnd;

    /// <summary>Reads the next bytes of the mail; 0 at its end.</summary>
    /// <exception cref="Pop3DisconnectedException">The connection ended inside the mail, or the mail is too slow or too long.</exception>
    /// <exception cref="TimeoutException">The server stayed silent for too long.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!unstuffer.AtEnd && !buffer.IsEmpty)
        {
            if (wire.Buffered.IsEmpty)
            {
                await wire.FillAsync(); // the wire has the session's token
                CheckLimits();
            }

            var (consumed, written) = unstuffer.Unstuff(wire.Buffered.Span, buffer.Span);
            wire.Advance(consumed);
            bytes += written;
            if (written > 0)
            {
                return written;
            }
        }

        return 0;
    }

    private void CheckLimits()
    {
        if (bytes / ListedFactor > Math.Max(listed, AlwaysAllowedBytes / ListedFactor))
        {
            throw new Pop3DisconnectedException($"a mail of {listed} bytes by LIST did not end after {bytes} bytes");
        }

        var waited = wire.Waited - waitedBefore;
        if (waited > MaxWait || waited - GracePeriod > TimeSpan.FromSeconds(bytes / MinBytesPerSecond))
        {
            throw new Pop3DisconnectedException(string.Create(
                CultureInfo.InvariantCulture, $"a mail arrived too slowly: {bytes} bytes in {waited.TotalMinutes:0} minutes"));
        }
    }
}
