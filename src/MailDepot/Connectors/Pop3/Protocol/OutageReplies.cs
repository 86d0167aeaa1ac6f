using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>Whether a server that refused a login is only unwell: it says so in words, and many have no response code for it (RFC 3206).</summary>
/// <remarks>
/// Wrong either way costs something. A wrong password taken for an outage is shown again and again until the account is
/// locked, so words about the secret, or about an account that is locked, weigh more than words about the server.
/// </remarks>
internal static partial class OutageReplies
{
    /// <summary>What servers say, and which.</summary>
    private static readonly ImmutableArray<Regex> Unwell =
    [
        Unavailable(), // Exchange Online: "Server Unavailable. 21" (email-oauth2-proxy issue 379); the code [UNAVAILABLE] that RFC 5530 gives IMAP servers
        Temporary(), // Courier's pop3login.c: "Temporary problem, please try again later"; Gmail: "Temporary system problem"
        TryAgain(), // Yahoo: "Server error - Please try again later"; Synchronet: "System error, please try again later"
        InternalError(), // nginx' mail proxy: "internal server error"
        Busy(), // proxies and small servers: "too busy", "too many connections" (the words of Cyrus' and others' [SYS/TEMP])
        NoBackend(), // proxies whose server does not answer: "can't contact NMAP" (Bongo), "authentication timeout"
    ];

    /// <summary>What speaks of the secret, or of an account that more logins keep locked.</summary>
    private static readonly ImmutableArray<Regex> Refusals =
    [
        Secret(), // Exchange: "unknown user name or bad password"; Yahoo: "Incorrect username or password"; "invalid credentials"
        AuthenticationFailed(), // Dovecot: "Authentication failed."; many: "Login failed, please try again"
        LockedAccount(), // "Account is temporarily locked", "too many failed login attempts, try again later"
    ];

    /// <summary>The server is unwell, and says nothing about the secret.</summary>
    /// <param name="said">Its words, a response code included.</param>
    /// <param name="user">The login name, which it may repeat: that may be any word.</param>
    public static bool Match(string said, string user)
    {
        var words = user.Length > 0 ? said.Replace(user, "", StringComparison.OrdinalIgnoreCase) : said;
        return LoginFault().IsMatch(words) || (Unwell.Any(mark => mark.IsMatch(words)) && !Refusals.Any(mark => mark.IsMatch(words)));
    }

    private const RegexOptions AnyCase = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
    private const int RegexTimeout = 1_000;

    [GeneratedRegex(@"\bunavailable\b|\bnot (currently )?available\b|\bout of service\b|\bmaintenance\b", AnyCase, RegexTimeout)]
    private static partial Regex Unavailable();

    [GeneratedRegex(@"\btemporar(y|ily)\b|\btempfail|\btransient\b", AnyCase, RegexTimeout)]
    private static partial Regex Temporary();

    [GeneratedRegex(@"\b(try|retry)( it)? (again|later)\b|\bretry\b|\bagain later\b", AnyCase, RegexTimeout)]
    private static partial Regex TryAgain();

    [GeneratedRegex(@"\b(internal|server|system|service|backend)( \w+)? (error|failure|fault|problem)\b", AnyCase, RegexTimeout)]
    private static partial Regex InternalError();

    [GeneratedRegex(@"\btoo busy\b|\b(server|system|service)( is)?( currently| very)? busy\b|\boverload|\btoo many (\w+ )?(connections|sessions|users)\b", AnyCase, RegexTimeout)]
    private static partial Regex Busy();

    [GeneratedRegex(@"\btime-?out\b|\btimed out\b|\b(can't|cannot|can not|could not|unable to) (contact|connect|reach)\b|\bserver (is )?not ready\b|\bserver (is )?down\b", AnyCase, RegexTimeout)]
    private static partial Regex NoBackend();

    /// <summary>Dovecot's words, "Temporary authentication failure" and "Internal login failure", for a user database that is away; SMTP's 454 has them too (RFC 4954 §6), after which no client should ask for another password.</summary>
    [GeneratedRegex(@"\b(temporary|internal)( internal)? (auth(entication)?|log-?[io]n) (failure|error|problem)\b", AnyCase, RegexTimeout)]
    private static partial Regex LoginFault();

    [GeneratedRegex(@"\bpass(word|phrase|code|wd)|\bcredential|\b(invalid|incorrect|wrong|bad|unknown|no such) (user|login|log-on|logon|account|name|mailbox|token)|\b(user|account|mailbox|login)( name)? (is )?(unknown|incorrect|invalid|not found)", AnyCase, RegexTimeout)]
    private static partial Regex Secret();

    [GeneratedRegex(@"\b(auth(entication|orization|enticate)?|log-?in|log-?on|sign-?in)( was| has| is)? (failed|failure|failures|error|denied|rejected|refused|unsuccessful|incorrect|invalid)\b|\b(access|permission) denied\b|\b(failed|unable|not allowed) to (log|authenticate)|\bunauthori[sz]ed\b", AnyCase, RegexTimeout)]
    private static partial Regex AuthenticationFailed();

    [GeneratedRegex(@"\battempts\b|\b(failed|invalid|wrong|many) (log|auth)|\b(account|user|access|log-?in|ip|address)\b.*\b(locked|disabled|suspended|blocked|banned|expired)\b", AnyCase, RegexTimeout)]
    private static partial Regex LockedAccount();
}
