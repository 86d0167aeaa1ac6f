using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>What <c>pop3 test</c> found, up to the failure if there was one.</summary>
/// <param name="Security">How the connection is secured: none, STARTTLS or TLS; null without a connection.</param>
/// <param name="TlsVersion"><c>TLS 1.3</c>; null without TLS.</param>
/// <param name="CertificateSubject">The subject of the server's certificate; null without TLS.</param>
/// <param name="CertificateExpires">When that certificate expires; null without TLS.</param>
/// <param name="Capabilities">The reply to CAPA after the login (RFC 2449 §5).</param>
/// <param name="Mails">Mails in the mailbox, by STAT.</param>
/// <param name="Bytes">Their total size, by STAT.</param>
/// <param name="Failure">What ended the test early; null if nothing did.</param>
public sealed record Pop3ProbeResult(
    MailboxSecurity? Security, string? TlsVersion, string? CertificateSubject, DateTimeOffset? CertificateExpires,
    ImmutableArray<string> Capabilities, int Mails, long Bytes, Pop3Failure? Failure)
{
    /// <summary>A test that found nothing but this failure.</summary>
    internal static Pop3ProbeResult Failed(Pop3Failure failure) => new(null, null, null, null, [], 0, 0, failure);
}

/// <summary>Connects, logs in and asks for the mailbox's size. Fetches and deletes nothing.</summary>
public static class Pop3Probe
{
    /// <summary>Shorter than a visit's: somebody is waiting at the terminal.</summary>
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Tests the mailbox. Failures are in the result.</summary>
    /// <param name="secret">The value of <see cref="MailboxOptions.PasswordSetting"/>.</param>
    public static async Task<Pop3ProbeResult> RunAsync(MailboxOptions mailbox, string secret, TimeProvider clock, CancellationToken ct)
    {
        using var tokens = new Pop3Tokens(clock);
        try
        {
            var access = new Pop3Access(mailbox, secret, tokens, ReplyTimeout, clock, _ => { });
            await using var session = await Pop3Session.OpenAsync(access, ct);
            var (mails, bytes) = await session.StatAsync();
            var certificate = session.Tls?.RemoteCertificate as X509Certificate2;
            var found = new Pop3ProbeResult(
                session.Security, session.Tls is { } tls ? Pop3Session.TlsName(tls.SslProtocol) : null,
                certificate?.Subject, certificate?.NotAfter, session.Capabilities.Lines, mails, bytes, null);
            await session.QuitAsync();
            return found;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            return Pop3ProbeResult.Failed(Pop3Diagnosis.Of(mailbox, e));
        }
    }
}
