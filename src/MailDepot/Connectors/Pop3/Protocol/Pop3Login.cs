using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Logs in by one method, once: a wrong password must be one failed login, not several.</summary>
internal sealed partial class Pop3Login(MailboxOptions mailbox, string secret, Pop3Tokens tokens)
{
    /// <summary>Bytes of a command with an initial response (RFC 5034 §4); a longer response follows the server's <c>+</c>.</summary>
    private const int MaxCommandBytes = 255;

    /// <summary>The secret, or something derived from it, was sent.</summary>
    private bool secretSent;

    /// <summary>Logs in.</summary>
    /// <param name="greeting">The greeting's text, which may contain APOP's timestamp.</param>
    /// <param name="offered">The capabilities announced before the login.</param>
    /// <exception cref="MailboxException">The login was refused.</exception>
    public async Task RunAsync(Pop3Wire wire, string greeting, Pop3Capabilities offered, CancellationToken ct)
    {
        if (mailbox.User.AsSpan().ContainsAny('\r', '\n') || secret.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            throw new MailboxException(Pop3Failure.LineBreak(mailbox));
        }

        wire.Redactor.Hide(secret);
        var method = mailbox.Authentication is not MailboxAuthentication.Auto ? mailbox.Authentication
            : offered.Mechanisms.Contains("PLAIN", StringComparer.OrdinalIgnoreCase) ? MailboxAuthentication.Plain
            : MailboxAuthentication.User;
        var reply = method switch
        {
            MailboxAuthentication.Apop => await ApopAsync(wire, ApopDigest(greeting)),
            MailboxAuthentication.Plain => await SaslAsync(wire, "PLAIN", $"\0{mailbox.User}\0{secret}"),
            MailboxAuthentication.XOAuth2 => await XOAuth2Async(wire, await tokens.OfAsync(mailbox, secret, ct)),
            _ => await UserAsync(wire),
        };
        if (!reply.Ok)
        {
            tokens.Forget(mailbox, secret);
            throw Refusal(method, reply, wire.Tls is not null, offered);
        }
    }

    private async Task<Pop3Reply> UserAsync(Pop3Wire wire) => await SendAsync(wire, $"USER {mailbox.User}") is { Ok: false } refusal
        ? refusal
        : await SendSecretAsync(wire, $"PASS {secret}", secret);

    /// <remarks>The digest is a secret, too: with the greeting it lets anybody test passwords offline.</remarks>
    private Task<Pop3Reply> ApopAsync(Pop3Wire wire, string digest) => SendSecretAsync(wire, $"APOP {mailbox.User} {digest}", digest);

    private Task<Pop3Reply> XOAuth2Async(Pop3Wire wire, string token)
    {
        wire.Redactor.Hide(token);
        return SaslAsync(wire, "XOAUTH2", $"user={mailbox.User}\u0001auth=Bearer {token}\u0001\u0001");
    }

    private async Task<Pop3Reply> SaslAsync(Pop3Wire wire, string mechanism, string response)
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(response));
        var command = $"AUTH {mechanism} {encoded}";
        var isInitial = command.Length + "\r\n".Length <= MaxCommandBytes;
        var reply = isInitial ? await SendSecretAsync(wire, command, encoded) : await SendAsync(wire, $"AUTH {mechanism}");
        if (reply is { Kind: Pop3ReplyKind.Continue, Text: "" })
        {
            reply = await SendSecretAsync(wire, encoded, encoded);
        }

        // XOAUTH2 reports an error in another challenge, which must be answered with an empty line before the -ERR comes.
        return reply.Kind is Pop3ReplyKind.Continue ? await SendAsync(wire, "") : reply;
    }

    /// <summary>Sends a command that contains a secret, or something derived from one, and hides it in all later replies.</summary>
    private Task<Pop3Reply> SendSecretAsync(Pop3Wire wire, string command, string hidden)
    {
        secretSent = true;
        wire.Redactor.Hide(hidden);
        return SendAsync(wire, command);
    }

    private static async Task<Pop3Reply> SendAsync(Pop3Wire wire, string command)
    {
        wire.Write(command);
        await wire.FlushAsync();
        return await wire.ReadReplyAsync();
    }

    private string ApopDigest(string greeting)
    {
        var timestamp = Timestamp().Match(greeting);
        if (!timestamp.Success)
        {
            throw new MailboxException(Pop3Failure.ApopMissing(mailbox));
        }

#pragma warning disable CA5351 // APOP requires MD5 (RFC 1939 §7), and an administrator chose it
        return Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(timestamp.Value + secret)));
#pragma warning restore CA5351
    }

    private MailboxException Refusal(MailboxAuthentication method, Pop3Reply reply, bool secured, Pop3Capabilities offered)
    {
        if (Pop3Diagnosis.OfCode(mailbox, reply) is { Kind: not Pop3FailureKind.Login } coded)
        {
            return new(coded);
        }

        var failure = OfText(method, reply, secured, offered);
        var isOutage = reply.Code != "AUTH" && failure.Kind is Pop3FailureKind.Login or Pop3FailureKind.InUse
            && OutageReplies.Match(reply.Text, mailbox.User);
        return new(isOutage && failure.Kind is Pop3FailureKind.Login ? Pop3Failure.ServerTemporary(mailbox, reply.Text) : failure)
        {
            IsFailedLogin = !isOutage && (secretSent || failure.Kind is Pop3FailureKind.Login),
        };
    }

    /// <summary>The failure that the reply's text stands for.</summary>
    private Pop3Failure OfText(MailboxAuthentication method, Pop3Reply reply, bool secured, Pop3Capabilities offered)
    {
        if (!secured && (NeedsTls().IsMatch(reply.Text) || (offered.StartTls && !offered.User && offered.Mechanisms.IsEmpty)))
        {
            return Pop3Failure.TlsRequired(mailbox, reply.Text);
        }

        if (reply.Code.Length == 0 && UnknownMethod().IsMatch(reply.Text))
        {
            var mechanisms = string.Join(", ", offered.Mechanisms);
            return Pop3Failure.LoginMethod(mailbox, method.ToString().ToUpperInvariant(), mechanisms, reply.Text);
        }

        return reply.Code.Length == 0 && LockedMailbox().IsMatch(reply.Text) && !LockedOut().IsMatch(reply.Text)
            ? Pop3Failure.InUse(mailbox, reply.Text)
            : method is MailboxAuthentication.XOAuth2 ? Pop3Failure.LoginByToken(mailbox, reply.Text)
            : Pop3Failure.Login(mailbox, reply.Text);
    }

    private const RegexOptions AnyCase = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;

    /// <summary>Milliseconds.</summary>
    private const int RegexTimeout = 1_000;

    [GeneratedRegex("<[^<>]+@[^<>]*>", RegexOptions.None, RegexTimeout)]
    private static partial Regex Timestamp();

    /// <summary>Phrases of Exchange, Dovecot, Courier and similar servers.</summary>
    [GeneratedRegex("not valid in this state|TLS|SSL|STLS|secure (connection|channel)|encrypt|plain-?text auth", AnyCase, RegexTimeout)]
    private static partial Regex NeedsTls();

    [GeneratedRegex(
        "unknown command|unsupported|not supported|not implemented|unrecogni[sz]ed|invalid command|bad command|mechanism",
        RegexOptions.IgnoreCase, RegexTimeout)]
    private static partial Regex UnknownMethod();

    /// <summary>A locked mailbox is not in use if the lock follows failed logins.</summary>
    [GeneratedRegex(
        "attempts|(failed|invalid|wrong|many) (log|auth)|(log-?in|logon|auth[a-z]*) failures", AnyCase, RegexTimeout)]
    private static partial Regex LockedOut();

    /// <summary>What servers without response codes say when another session holds the mailbox.</summary>
    [GeneratedRegex(
        @"\b(mail(box|drop)|maildrop|lock|session)\b.*\b(lock(ed)?|in use|busy|active|open)\b"
        + "|unable to lock|already (locked|in use|open)",
        AnyCase, RegexTimeout)]
    private static partial Regex LockedMailbox();
}
