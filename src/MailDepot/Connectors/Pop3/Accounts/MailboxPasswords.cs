using MailDepot.Connectors.Pop3.Protocol;
using Microsoft.Extensions.Configuration;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>The passwords of the mailboxes, read whenever one is used, from the setting that the mailbox names or from the password store.</summary>
public sealed class MailboxPasswords(IConfiguration configuration, IPasswordStore store)
{
    /// <summary>How a setting begins whose secret App Service could not read: it leaves the reference there ("Use Key Vault references", learn.microsoft.com).</summary>
    private const string Unread = "@Microsoft.KeyVault(";

    /// <summary>The password.</summary>
    /// <exception cref="MailboxException">There is none here.</exception>
    public async Task<string> OfAsync(MailboxOptions mailbox, CancellationToken ct) =>
        mailbox.PasswordSetting.Length == 0 ? await StoredAsync(mailbox.Name, ct)
        : configuration[mailbox.PasswordSetting] switch
        {
            null or "" => throw new MailboxException(Pop3Failure.PasswordNotSet(mailbox)),
            var reference when reference.StartsWith(Unread, StringComparison.OrdinalIgnoreCase) =>
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
