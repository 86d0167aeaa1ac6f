using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Shows user and secret to a server, in one way and once.</summary>
internal sealed partial class Pop3Login(MailboxOptions mailbox, string secret, Pop3Tokens tokens)
{
    /// <summary>Octets of a command with an initial response (RFC 5034 §4); a longer one waits for its <c>+</c>.</summary>
    private const int LongestCommand = 255;

    /// <summary>A secret went over, or what was made of it.</summary>
    private bool shown;

    /// <summary>Logs in.</summary>
    /// <param name="greeting">The greeting's words, which may have APOP's timestamp.</param>
    /// <param name="offered">The server's capabilities, without those after login.</param>
    /// <exception cref="MailboxException">It was refused, with the server's words.</exception>
    public async Task RunAsync(Pop3Wire wire, string greeting, Pop3Capabilities offered, CancellationToken ct)
    {
        if (mailbox.User.AsSpan().ContainsAny('\r', '\n') || secret.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            throw new MailboxException(Pop3Failure.LineBreak(mailbox));
        }

        wire.Redactor.Hide(secret);
        var way = mailbox.Authentication is not MailboxAuthentication.Auto ? mailbox.Authentication
            : offered.Mechanisms.Contains("PLAIN", StringComparer.OrdinalIgnoreCase) ? MailboxAuthentication.Plain
            : MailboxAuthentication.User;
        var reply = way switch
        {
            MailboxAuthentication.Apop => await ApopAsync(wire, ApopDigest(greeting)),
            MailboxAuthentication.Plain => await SaslAsync(wire, "PLAIN", $"\0{mailbox.User}\0{secret}"),
            MailboxAuthentication.XOAuth2 => await XOAuth2Async(wire, await tokens.OfAsync(mailbox, secret, ct)),
            _ => await UserAsync(wire),
        };
        if (!reply.Ok)
        {
            tokens.Forget(mailbox, secret);
            if (Pop3Diagnosis.OfCode(mailbox, reply) is { Kind: not Pop3FailureKind.Login } other)
            {
                throw new MailboxException(other);
            }

            var refusal = Refusal(way, reply, wire.Tls is not null, offered);
            var unwell = reply.Code != "AUTH" && refusal.Kind is Pop3FailureKind.Login or Pop3FailureKind.InUse && OutageReplies.Match(reply.Text, mailbox.User);
            throw new MailboxException(unwell && refusal.Kind is Pop3FailureKind.Login ? Pop3Failure.ServerTemporary(mailbox, reply.Text) : refusal)
            {
                IsFailedLogin = !unwell && (shown || refusal.Kind is Pop3FailureKind.Login),
            };
        }
    }

    private async Task<Pop3Reply> UserAsync(Pop3Wire wire) =>
        await AskAsync(wire, $"USER {mailbox.User}") is { Ok: false } refusal ? refusal : await ShowAsync(wire, $"PASS {secret}", secret);

    private Task<Pop3Reply> ApopAsync(Pop3Wire wire, string digest) => ShowAsync(wire, $"APOP {mailbox.User} {digest}", digest); // with the greeting it lets passwords be guessed

    private Task<Pop3Reply> XOAuth2Async(Pop3Wire wire, string token)
    {
        wire.Redactor.Hide(token);
        return SaslAsync(wire, "XOAUTH2", $"user={mailbox.User}\u0001auth=Bearer {token}\u0001\u0001");
    }

    private async Task<Pop3Reply> SaslAsync(Pop3Wire wire, string mechanism, string response)
    {
        var octets = Convert.ToBase64String(Encoding.UTF8.GetBytes(response));
        var whole = $"AUTH {mechanism} {octets}";
        var atOnce = whole.Length + "\r\n".Length <= LongestCommand;
        var reply = atOnce ? await ShowAsync(wire, whole, octets) : await AskAsync(wire, $"AUTH {mechanism}");
        if (reply is { Kind: Pop3ReplyKind.Continue, Text: "" })
        {
            reply = await ShowAsync(wire, octets, octets);
        }

        // XOAUTH2 tells an error in a further challenge, which wants an empty answer before the -ERR.
        return reply.Kind is Pop3ReplyKind.Continue ? await AskAsync(wire, "") : reply;
    }

    /// <summary>Says a secret, or what was made of one, which nobody reads in what the server says.</summary>
    private Task<Pop3Reply> ShowAsync(Pop3Wire wire, string command, string what)
    {
        shown = true;
        wire.Redactor.Hide(what);
        return AskAsync(wire, command);
    }

    private static async Task<Pop3Reply> AskAsync(Pop3Wire wire, string command)
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

#pragma warning disable CA5351 // APOP is MD5 (RFC 1939 §7); a person chose it
        return Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(timestamp.Value + secret)));
#pragma warning restore CA5351
    }

    private Pop3Failure Refusal(MailboxAuthentication way, Pop3Reply reply, bool secured, Pop3Capabilities offered)
    {
        if (!secured && (NeedsTls().IsMatch(reply.Text) || (offered.StartTls && !offered.User && offered.Mechanisms.IsEmpty)))
        {
            return Pop3Failure.TlsRequired(mailbox, reply.Text);
        }

        if (reply.Code.Length == 0 && NoMethod().IsMatch(reply.Text))
        {
            return Pop3Failure.LoginMethod(mailbox, way.ToString().ToUpperInvariant(), string.Join(", ", offered.Mechanisms), reply.Text);
        }

        return reply.Code.Length == 0 && Locked().IsMatch(reply.Text) && !LockedOut().IsMatch(reply.Text)
            ? Pop3Failure.InUse(mailbox, reply.Text)
            : way is MailboxAuthentication.XOAuth2 ? Pop3Failure.LoginByToken(mailbox, reply.Text)
            : Pop3Failure.Login(mailbox, reply.Text);
    }

    [GeneratedRegex("<[^<>]+@[^<>]*>", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Timestamp();

    /// <summary>Exchange's words, Dovecot's, Courier's and their like.</summary>
    [GeneratedRegex("not valid in this state|TLS|SSL|STLS|secure (connection|channel)|encrypt|plain-?text auth", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NeedsTls();

    [GeneratedRegex("unknown command|unsupported|not supported|not implemented|unrecogni[sz]ed|invalid command|bad command|mechanism", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NoMethod();

    /// <summary>The same words of an account that is locked because of the logins before.</summary>
    [GeneratedRegex("attempts|(failed|invalid|wrong|many) (log|auth)|(log-?in|logon|auth[a-z]*) failures", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex LockedOut();

    /// <summary>What servers without response codes say of a mailbox that another session has.</summary>
    [GeneratedRegex(@"\b(mail(box|drop)|maildrop|lock|session)\b.*\b(lock(ed)?|in use|busy|active|open)\b|unable to lock|already (locked|in use|open)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Locked();
}
