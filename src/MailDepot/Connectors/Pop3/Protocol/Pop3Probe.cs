using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>What <c>pop3 test</c> finds; what lies behind a failure is not known.</summary>
/// <param name="Security">What the connection has: none, STARTTLS or TLS; null if there was none.</param>
/// <param name="TlsVersion"><c>TLS 1.3</c>; null without TLS.</param>
/// <param name="CertificateSubject">Whose certificate the server showed; null without TLS.</param>
/// <param name="CertificateExpires">When its time ends.</param>
/// <param name="Capabilities">The server's answer to CAPA after the login (RFC 2449 §5), a line each.</param>
/// <param name="Mails">Mails in the mailbox.</param>
/// <param name="Bytes">Their octets.</param>
/// <param name="Failure">What ended it early; null if nothing did.</param>
public sealed record Pop3ProbeResult(
    MailboxSecurity? Security, string? TlsVersion, string? CertificateSubject, DateTimeOffset? CertificateExpires,
    ImmutableArray<string> Capabilities, int Mails, long Bytes, Pop3Failure? Failure);

/// <summary>Connects, logs in and looks, and changes nothing: no mail is fetched, none deleted.</summary>
public static class Pop3Probe
{
    /// <summary>A person is waiting.</summary>
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Tries the mailbox. Every failure of the way there is in the result.</summary>
    /// <param name="secret">What <see cref="MailboxOptions.PasswordSetting"/> holds.</param>
    public static async Task<Pop3ProbeResult> RunAsync(MailboxOptions mailbox, string secret, TimeProvider clock, CancellationToken ct)
    {
        using var tokens = new Pop3Tokens(clock);
        try
        {
            await using var session = await Pop3Session.OpenAsync(new Pop3Access(mailbox, secret, tokens, ReplyTimeout, clock, _ => { }), ct);
            var (mails, bytes) = await session.StatAsync();
            var certificate = session.Tls?.RemoteCertificate as X509Certificate2;
            var found = new Pop3ProbeResult(
                session.Security, session.Tls is { } tls ? Pop3Session.TlsName(tls.SslProtocol) : null, certificate?.Subject, certificate?.NotAfter,
                session.Capabilities.Lines, mails, bytes, null);
            await session.QuitAsync();
            return found;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            return new(null, null, null, null, [], 0, 0, Pop3Diagnosis.Of(mailbox, e));
        }
    }
}
