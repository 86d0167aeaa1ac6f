using Microsoft.Extensions.Configuration;

namespace MailDepot.Pop3;

/// <summary>The passwords of the mailboxes, read from the configuration whenever one is used, and kept nowhere else.</summary>
public sealed class MailboxPasswords(IConfiguration configuration)
{
    /// <summary>The password.</summary>
    /// <exception cref="MailboxException">The setting is empty here.</exception>
    public string Of(MailboxOptions mailbox) => configuration[mailbox.PasswordSetting] is { Length: > 0 } password
        ? password
        : throw new MailboxException(
            Pop3FailureKind.Settings, $"{mailbox.PasswordSetting}, which should hold the password, is not set.", "Set it where mailboxes are collected.");
}
