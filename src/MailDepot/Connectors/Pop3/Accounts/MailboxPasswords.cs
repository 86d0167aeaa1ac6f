using MailDepot.Connectors.Pop3.Protocol;
using Microsoft.Extensions.Configuration;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Passwords of mailboxes, read when they are used: from the setting that a mailbox names, or from the password store.</summary>
public sealed class MailboxPasswords(IConfiguration configuration, IPasswordStore store)
{
    /// <summary>
    /// What App Service leaves in a setting if it could not read the secret ("Use Key Vault references", learn.microsoft.com).
    /// </summary>
    private const string UnresolvedReference = "@Microsoft.KeyVault(";

    /// <summary>The mailbox's password.</summary>
    /// <exception cref="MailboxException">There is none, or it can't be read.</exception>
    public async Task<string> OfAsync(MailboxOptions mailbox, CancellationToken ct) =>
        mailbox.PasswordSetting.Length == 0 ? await StoredAsync(mailbox.Name, ct)
        : configuration[mailbox.PasswordSetting] switch
        {
            null or "" => throw new MailboxException(Pop3Failure.PasswordNotSet(mailbox)),
            var reference when reference.StartsWith(UnresolvedReference, StringComparison.OrdinalIgnoreCase) =>
                throw new MailboxException(Pop3Failure.PasswordNotResolved(mailbox)),
            var password => password,
        };

    private async Task<string> StoredAsync(string name, CancellationToken ct)
    {
        try
        {
            return await store.ReadAsync(name, ct) ?? throw new MailboxException(Pop3Failure.PasswordMissing(name, store.Place));
        }
        catch (PasswordStoreException failure)
        {
            throw new MailboxException(Pop3Failure.PasswordStore(failure.Message));
        }
    }
}
