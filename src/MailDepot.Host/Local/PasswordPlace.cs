using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Storage;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Local;

/// <summary>Finds the store of the mailboxes' passwords.</summary>
internal static class PasswordPlace
{
    /// <summary>
    /// Adds the store that the settings name; if they name none, a folder of the local depot, but only for a depot whose
    /// storage is on this machine too: a collector elsewhere could not find the passwords.
    /// </summary>
    public static IServiceCollection AddPasswordStore(
        this IServiceCollection services, LocalFolder folder) => services.AddSingleton<IPasswordStore>(provider =>
    {
        var named = provider.GetRequiredService<IOptions<DepotOptions>>().Value.PasswordStore;
        return VaultPasswords.IsAddress(named) ? new VaultPasswords(new Uri(named))
            : named.Length > 0 ? new PasswordFiles(Path.GetFullPath(named))
            : provider.GetRequiredService<DepotStorage>().IsLocal ? new PasswordFiles(folder.Passwords)
            : new NoPasswordStore();
    });
}
