using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Configuration;
using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Notices;

/// <summary>Sends a mail to the administrator through the relay of <see cref="NoticeOptions"/>.</summary>
public sealed class AdminMail(NoticeOptions relay, IConfiguration configuration, TimeProvider clock)
{
    /// <summary>For one mail, from connecting to QUIT.</summary>
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);


    /// <summary>A relay is configured.</summary>
    public bool HasRelay => relay.Host.Length > 0;

    /// <summary>The relay's host and port.</summary>
    public string Relay => $"{relay.Host}:{relay.Port}";

    /// <summary>The configured recipients.</summary>
    public IReadOnlyList<string> To => [.. relay.To];

    /// <summary>Sends a plain-text mail.</summary>
    /// <returns>What the relay accepted, which may be the mail for only some of <see cref="To"/>.</returns>
    /// <exception cref="NoticeException">The relay accepted the mail for nobody, or it is not known whether it did.</exception>
    public async Task<SentMail> SendAsync(string subject, string text, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(SendTimeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            using var mail = Mail(subject, text);
            using var client = new Client { Timeout = Timeout.Infinite };
            Trust(client);
            await client.ConnectAsync(relay.Host, relay.Port, Security, limit.Token);
            await LogInAsync(client, limit.Token);
            var answer = await client.SendAsync(mail, limit.Token);
            await QuitAsync(client, limit.Token);
            var accepted = To.Except(client.Refused.Select(one => one.Address), StringComparer.Ordinal);
            var refusal = client.Refused.Count == 0 ? null : $"The relay {Relay} refused the mail {Refusals(client.Refused)}.";
            return new SentMail([.. accepted], answer, refusal);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            throw new NoticeException(Sentence(failure), failure);
        }
    }

    private SecureSocketOptions Security => relay.Security switch
    {
        RelaySecurity.Tls => SecureSocketOptions.SslOnConnect,
        RelaySecurity.StartTls => SecureSocketOptions.StartTls,
        _ => SecureSocketOptions.None,
    };

    private MimeMessage Mail(string subject, string text)
    {
        var mail = new MimeMessage { Subject = subject, Date = clock.GetUtcNow(), Body = new TextPart("plain") { Text = text } };
        mail.From.Add(new MailboxAddress("MailDepot", relay.From));
        mail.To.AddRange(relay.To.Select(address => new MailboxAddress("", address)));
        mail.MessageId = MimeUtils.GenerateMessageId(relay.From[(relay.From.LastIndexOf('@') + 1)..]);
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated"); // so that no vacation notice replies (RFC 3834 §5)
        return mail;
    }

    private void Trust(SmtpClient client)
    {
        if (relay.Certificate.Length > 0)
        {
            var trust = new RelayTrust(relay.Certificate);
            client.ServerCertificateValidationCallback =
                (_, certificate, chain, errors) => errors == SslPolicyErrors.None || trust.Accepts(certificate, chain, errors);
            client.CheckCertificateRevocation = false;
        }
    }

    /// <summary>Logs in by one mechanism: MailKit would try all, and a wrong password would be several failed logins.</summary>
    private async Task LogInAsync(SmtpClient client, CancellationToken ct)
    {
        if (relay.User.Length == 0)
        {
            return;
        }

        var password = configuration[relay.PasswordSetting] is { Length: > 0 } held
            ? held
            : throw new NoticeException(
                $"{relay.PasswordSetting}, which MailDepot:Notices:PasswordSetting names, is not set: "
                + $"it should hold the password of {relay.User} at the relay.");
        var login = new NetworkCredential(relay.User, password);
        SaslMechanism mechanism = client.AuthenticationMechanisms.Contains("PLAIN")
            ? new SaslMechanismPlain(Encoding.UTF8, login)
            : new SaslMechanismLogin(Encoding.UTF8, login);
        await client.AuthenticateAsync(mechanism, ct);
    }

    /// <summary>Ends the session. The relay has accepted the mail, so errors no longer matter.</summary>
    private static async Task QuitAsync(SmtpClient client, CancellationToken ct)
    {
        try
        {
            await client.DisconnectAsync(quit: true, ct);
        }
        catch (Exception e) when (e is IOException or SocketException or ProtocolException or OperationCanceledException)
        {
        }
    }

    /// <summary><c>for a@example.com (550 5.1.1 unknown) and for b@example.com (…)</c>.</summary>
    private static string Refusals(IEnumerable<Refusal> refused) =>
        string.Join(" and ", refused.Select(one => $"for {one.Address} ({one.RelayReply})"));

    private string Sentence(Exception failure) => failure switch
    {
        NoticeException known => known.Message,
        AuthenticationException =>
            $"The relay {Relay} rejected the login of user {relay.User}: "
            + $"check MailDepot:Notices:User and the password in {relay.PasswordSetting}.",
        SslHandshakeException { ServerCertificate: not null } =>
            $"The certificate of the relay {Relay} is not trusted, or not for {relay.Host}: "
            + "name its issuer's certificate in MailDepot:Notices:Certificate, or correct MailDepot:Notices:Host.",
        SslHandshakeException =>
            $"The relay {Relay} does not speak TLS on this port: "
            + "check MailDepot:Notices:Port and :Security (usually 587 for starttls, 465 for tls).",
        NotSupportedException =>
            $"The relay {Relay} does not support what MailDepot:Notices requires ({Events.Failure.Describe(failure)}): "
            + "check :Security and :User.",
        NobodyException nobody => $"The relay {Relay} refused the mail {Refusals(nobody.Refused)}.",
        SmtpCommandException refusal =>
            $"The relay {Relay} refused the mail: {(int)refusal.StatusCode} {Events.Failure.Describe(refusal)}.",
        OperationCanceledException or TimeoutException =>
            $"The relay {Relay} took longer than {SendTimeout.TotalSeconds:0} s: check MailDepot:Notices:Host, :Port and :Security.",
        SocketException =>
            $"The relay {Relay} can't be reached ({Events.Failure.Describe(failure)}): "
            + "check MailDepot:Notices:Host and :Port, and whether it is running.",
        _ => $"The relay {Relay} accepted no mail ({Events.Failure.Describe(failure)}).",
    };

    /// <summary>Continues with the other recipients if the relay refuses one; MailKit's client would give up.</summary>
    private sealed class Client : SmtpClient
    {
        public List<Refusal> Refused { get; } = [];

        protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
        {
            var text = response.Response.ReplaceLineEndings(" ").Trim();
            Refused.Add(new Refusal(mailbox.Address, $"{(int)response.StatusCode} {text}"));
        }

        protected override void OnNoRecipientsAccepted(MimeMessage message) => throw new NobodyException(Refused);
    }

    /// <param name="RelayReply"><c>550 5.1.1 unknown</c>.</param>
    private sealed record Refusal(string Address, string RelayReply);

    private sealed class NobodyException(IReadOnlyList<Refusal> refused) : Exception
    {
        public IReadOnlyList<Refusal> Refused => refused;
    }
}

/// <summary>A mail that the relay accepted.</summary>
/// <param name="To">The recipients that it accepted.</param>
/// <param name="Answer">Its reply to the mail.</param>
/// <param name="Refusal">A sentence that names the recipients it refused; null if it accepted all.</param>
public sealed record SentMail(ImmutableArray<string> To, string Answer, string? Refusal);

/// <summary>A mail could not be sent. The message is a sentence for people and says what to do.</summary>
public sealed class NoticeException(string sentence, Exception? cause = null) : Exception(sentence, cause);
