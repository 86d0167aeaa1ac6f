namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Which store the setting <c>MailDepot:PasswordStore</c> means.</summary>
public static class PasswordPlace
{
    /// <summary>Opens it: a key vault, a folder, or the folder of a local depot if the setting is empty.</summary>
    /// <remarks>
    /// That last folder is only for a depot whose storage is on this machine too: a collector elsewhere could not find the passwords.
    /// </remarks>
    /// <param name="setting">A vault's address, a folder, or empty.</param>
    /// <param name="storageIsLocal">The depot's storage is on this machine.</param>
    /// <param name="folders">Null: this program keeps no files, as on Azure.</param>
    internal static IPasswordStore Open(string setting, bool storageIsLocal, PasswordFolders? folders) =>
        VaultPasswords.IsAddress(setting) ? new VaultPasswords(new Uri(setting))
        : folders is null ? new NoPasswordStore()
        : setting.Length > 0 ? folders.Open(Absolute(setting))
        : storageIsLocal ? folders.Open(folders.OfDepot)
        : new NoPasswordStore();

    /// <summary>The setting for a process with another working directory.</summary>
    public static string Absolute(string setting) =>
        setting.Length == 0 || VaultPasswords.IsAddress(setting) ? setting : Path.GetFullPath(setting);

    /// <summary>One sentence if the setting is wrong.</summary>
    public static IEnumerable<string> Errors(string setting) =>
        setting.Contains("://", StringComparison.Ordinal) && !VaultPasswords.IsAddress(setting)
            ? [$"MailDepot:PasswordStore is '{setting}': give a folder or a key vault's address, as in https://name.vault.azure.net."]
            : [];
}

/// <summary>Passwords in folders of this machine, for a program that keeps files.</summary>
/// <param name="OfDepot">The folder of the local depot.</param>
/// <param name="Open">Opens the store in a folder.</param>
public sealed record PasswordFolders(string OfDepot, Func<string, IPasswordStore> Open);
