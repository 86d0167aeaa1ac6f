
namespace MailDepot.Connectors.Pop3.Protocol;

/// <content>Login, and the secret it needs.</content>
public sealed partial record Pop3Failure
{
    internal static Pop3Failure Login(MailboxOptions mailbox, string reply) => Login(mailbox, Secret(mailbox, "the password"), reply);

    /// <summary>A token from <see cref="MailboxOptions.TokenEndpoint"/>, or one that a setting holds, was refused.</summary>
    internal static Pop3Failure LoginByToken(MailboxOptions mailbox, string reply) => Login(
        mailbox,
        mailbox.TokenEndpoint.Length > 0 ? $"that its mailbox is open to the client {mailbox.ClientId}" : Secret(mailbox, "the token"),
        reply);

    /// <param name="method"><c>PLAIN</c>.</param>
    /// <param name="offered">The SASL mechanisms that the server announces, with commas; may be empty.</param>
    internal static Pop3Failure LoginMethod(MailboxOptions mailbox, string method, string offered, string reply) => new(
        Pop3FailureKind.LoginMethod,
        $"{mailbox.Server} does not support login by {method}{(offered.Length > 0 ? $"; it offers {offered}" : "")}.",
        "Set Authentication to a method that the server supports.", reply);

    internal static Pop3Failure ApopMissing(MailboxOptions mailbox) => new(
        Pop3FailureKind.LoginMethod, $"{mailbox.Server} does not support APOP: its greeting has no timestamp.",
        "Set Authentication to auto.");

    /// <param name="problem"><c>answered 401</c>.</param>
    internal static Pop3Failure Token(MailboxOptions mailbox, string problem, string? reply) => new(
        Pop3FailureKind.Token, $"The token endpoint {mailbox.TokenEndpoint} {problem}, so there is no token for {mailbox.User}.",
        $"Check TokenEndpoint, ClientId, Scope and {Secret(mailbox, "the client secret")}.", reply);

    internal static Pop3Failure InUse(MailboxOptions mailbox, string reply) => new(
        Pop3FailureKind.InUse, $"Another session holds the mailbox of {mailbox.User} on {mailbox.Server}.",
        "Let no other program collect it; after a lost connection, the server may need some minutes to release it.", reply);

    internal static Pop3Failure LoginDelay(MailboxOptions mailbox, string reply) => new(
        Pop3FailureKind.LoginDelay, $"{mailbox.Server} requires more time between two logins of {mailbox.User}.",
        "Set a longer Interval; the next poll tries again.", reply);

    internal static Pop3Failure LineBreak(MailboxOptions mailbox) => new(
        Pop3FailureKind.Settings, $"The user name or password for {mailbox.Server} contains a line break.",
        $"Check User, and set {Secret(mailbox, "the password")} alone, on one line.");

    internal static Pop3Failure PasswordNotSet(MailboxOptions mailbox) => new(
        Pop3FailureKind.Settings, $"{mailbox.PasswordSetting}, which should hold the password, is not set.",
        "Set it on the machine that collects mailboxes.");

    internal static Pop3Failure PasswordNotResolved(MailboxOptions mailbox) => new(
        Pop3FailureKind.Settings,
        $"{mailbox.PasswordSetting} refers to a key vault secret that could not be read, so there is no password.",
        "Put the secret into the vault, let the app read it, and restart the app.");

    /// <param name="place">The password store: <c>the key vault depot.vault.azure.net</c>.</param>
    internal static Pop3Failure PasswordMissing(string name, string place) => new(
        Pop3FailureKind.Settings, $"The password of mailbox {name} is not in {place}.",
        $"Set it with `maildepot pop3 edit {name} --password`.");

    /// <param name="sentence">What the password store says, with its own way out.</param>
    internal static Pop3Failure PasswordStore(string sentence) => new(Pop3FailureKind.Settings, sentence, "The next poll tries again.");

    private static Pop3Failure Login(MailboxOptions mailbox, string check, string reply) =>
        new(Pop3FailureKind.Login, $"{mailbox.Server} rejected the login of user {mailbox.User}.", $"Check User, and {check}.", reply);
}
