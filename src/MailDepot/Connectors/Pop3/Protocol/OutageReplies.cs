using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>
/// Recognizes a refused login that says nothing about the password because the server has a temporary problem. Many servers say so
/// only in the text, without a response code (RFC 3206).
/// </summary>
/// <remarks>
/// Both mistakes cost something. A wrong password taken for an outage is sent again and again until the account is locked, so
/// phrases about the secret or a locked account outweigh phrases about the server.
/// </remarks>
internal static partial class OutageReplies
{
    /// <summary>Phrases about the server, and which servers send them.</summary>
    private static readonly ImmutableArray<Regex> Outages =
    [
        Unavailable(), // Exchange Online: "Server Unavailable. 21" (email-oauth2-proxy issue 379); [UNAVAILABLE], an IMAP code (RFC 5530)
        Temporary(), // Courier's pop3login.c: "Temporary problem, please try again later"; Gmail: "Temporary system problem"
        TryAgain(), // Yahoo: "Server error - Please try again later"; Synchronet: "System error, please try again later"
        InternalError(), // nginx mail proxy: "internal server error"
        Busy(), // proxies and small servers: "too busy", "too many connections" (Cyrus and others send them with [SYS/TEMP])
        NoBackend(), // proxies whose backend does not answer: "can't contact NMAP" (Bongo), "authentication timeout"
    ];

    /// <summary>Phrases about the secret, or about an account that further logins keep locked.</summary>
    private static readonly ImmutableArray<Regex> Refusals =
    [
        Secret(), // Exchange: "unknown user name or bad password"; Yahoo: "Incorrect username or password"; "invalid credentials"
        AuthenticationFailed(), // Dovecot: "Authentication failed."; many: "Login failed, please try again"
        LockedAccount(), // "Account is temporarily locked", "too many failed login attempts, try again later"
    ];

    /// <summary>Whether the reply is about a temporary problem of the server, not about the secret.</summary>
    /// <param name="reply">With its response code.</param>
    /// <param name="user">The login name; the reply may repeat it, and it may be any word, so it is ignored.</param>
    public static bool Match(string reply, string user)
    {
        var text = user.Length > 0 ? reply.Replace(user, "", StringComparison.OrdinalIgnoreCase) : reply;
        return LoginFault().IsMatch(text) || (Outages.Any(phrase => phrase.IsMatch(text)) && !Refusals.Any(phrase => phrase.IsMatch(text)));
    }

    private const RegexOptions AnyCase = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    /// <summary>Milliseconds.</summary>
    private const int RegexTimeout = 1_000;

    [GeneratedRegex(@"\bunavailable\b|\bnot (currently )?available\b|\bout of service\b|\bmaintenance\b", AnyCase, RegexTimeout)]
    private static partial Regex Unavailable();

    [GeneratedRegex(@"\btemporar(y|ily)\b|\btempfail|\btransient\b", AnyCase, RegexTimeout)]
    private static partial Regex Temporary();

    [GeneratedRegex(@"\b(try|retry)( it)? (again|later)\b|\bretry\b|\bagain later\b", AnyCase, RegexTimeout)]
    private static partial Regex TryAgain();

    [GeneratedRegex(@"\b(internal|server|system|service|backend)( \w+)? (error|failure|fault|problem)\b", AnyCase, RegexTimeout)]
    private static partial Regex InternalError();

    [GeneratedRegex(
        @"\btoo busy\b|\b(server|system|service)( is)?( currently| very)? busy\b|\boverload"
        + @"|\btoo many (\w+ )?(connections|sessions|users)\b",
        AnyCase, RegexTimeout)]
    private static partial Regex Busy();

    [GeneratedRegex(
        @"\btime-?out\b|\btimed out\b|\b(can't|cannot|can not|could not|unable to) (contact|connect|reach)\b"
        + @"|\bserver (is )?not ready\b|\bserver (is )?down\b",
        AnyCase, RegexTimeout)]
    private static partial Regex NoBackend();

    /// <summary>
    /// Dovecot sends "Temporary authentication failure" and "Internal login failure" when its user database is unavailable. SMTP's 454
    /// has the same text (RFC 4954 §6), and no client should ask for another password after it.
    /// </summary>
    [GeneratedRegex(
        @"\b(temporary|internal)( internal)? (auth(entication)?|log-?[io]n) (failure|error|problem)\b", AnyCase, RegexTimeout)]
    private static partial Regex LoginFault();

    [GeneratedRegex(
        @"\bpass(word|phrase|code|wd)|\bcredential"
        + @"|\b(invalid|incorrect|wrong|bad|unknown|no such) (user|login|log-on|logon|account|name|mailbox|token)"
        + @"|\b(user|account|mailbox|login)( name)? (is )?(unknown|incorrect|invalid|not found)",
        AnyCase, RegexTimeout)]
    private static partial Regex Secret();

    [GeneratedRegex(
        @"\b(auth(entication|orization|enticate)?|log-?in|log-?on|sign-?in)( was| has| is)? "
        + @"(failed|failure|failures|error|denied|rejected|refused|unsuccessful|incorrect|invalid)\b"
        + @"|\b(access|permission) denied\b|\b(failed|unable|not allowed) to (log|authenticate)|\bunauthori[sz]ed\b",
        AnyCase, RegexTimeout)]
    private static partial Regex AuthenticationFailed();

    [GeneratedRegex(
        @"\battempts\b|\b(failed|invalid|wrong|many) (log|auth)"
        + @"|\b(account|user|access|log-?in|ip|address)\b.*\b(locked|disabled|suspended|blocked|banned|expired)\b",
        AnyCase, RegexTimeout)]
    private static partial Regex LockedAccount();
}
