using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Passwords in an Azure Key Vault, each the secret <c>mailbox-NAME</c>.</summary>
/// <remarks>
/// Who collects needs the role Key Vault Secrets User, who manages mailboxes Key Vault Secrets Officer; both get in by the
/// identity that <c>DefaultAzureCredential</c> finds. A password is read at each visit: a new one counts at the next.
/// </remarks>
public sealed partial class VaultPasswords(SecretClient vault) : IPasswordStore
{
    /// <summary>Keeps them apart from what people put into the vault themselves.</summary>
    private const string Prefix = "mailbox-";

    /// <summary>Characters of a secret's name (Azure "Key Vault: Object identifiers").</summary>
    private const int LongestName = 127;

    /// <summary>The vault at this address, by our identity.</summary>
    public VaultPasswords(Uri vault)
        : this(new SecretClient(vault, new DefaultAzureCredential()))
    {
    }

    /// <inheritdoc />
    public string Place => $"the key vault {vault.VaultUri.Host}";

    /// <summary>One sentence if the setting that names the password store is wrong.</summary>
    public static IEnumerable<string> Errors(string passwordStore) => passwordStore.Contains("://", StringComparison.Ordinal) && !IsAddress(passwordStore)
        ? [$"MailDepot:PasswordStore is '{passwordStore}': give a key vault's address, as in https://name.vault.azure.net, or a folder."]
        : [];

    /// <summary>Whether a setting is a vault's address: in every cloud of Azure's it is called <c>name.vault.…</c>.</summary>
    public static bool IsAddress(string setting) => Address().IsMatch(setting);

    /// <inheritdoc />
    public async Task<string?> ReadAsync(string mailbox, CancellationToken ct)
    {
        try
        {
            return (await vault.GetSecretAsync(SecretName(mailbox), cancellationToken: ct)).Value.Value;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (Exception failure) when (IsOfVault(failure))
        {
            throw Unusable(mailbox, "can't be read", "Key Vault Secrets User", failure);
        }
    }

    /// <inheritdoc />
    public async Task PutAsync(string mailbox, string password, CancellationToken ct)
    {
        try
        {
            await SetAsync(new KeyVaultSecret(SecretName(mailbox), password) { Properties = { ContentType = "password of a POP3 mailbox" } }, ct);
        }
        catch (Exception failure) when (IsOfVault(failure))
        {
            throw Unusable(mailbox, "can't be kept", "Key Vault Secrets Officer", failure);
        }
    }

    /// <inheritdoc />
    public async Task DeleteAsync(string mailbox, CancellationToken ct)
    {
        try
        {
            await vault.StartDeleteSecretAsync(SecretName(mailbox), ct);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // forgotten already
        }
        catch (Exception failure) when (IsOfVault(failure))
        {
            throw Unusable(mailbox, "can't be deleted", "Key Vault Secrets Officer", failure);
        }
    }

    /// <summary>A secret's name has letters, digits and hyphens: any other character, the hyphen too, is a hyphen and its code in hex.</summary>
    internal static string SecretName(string mailbox)
    {
        var name = new StringBuilder(Prefix);
        foreach (var c in mailbox)
        {
            _ = char.IsAsciiLetterOrDigit(c) ? name.Append(c) : name.Append('-').Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
        }

        return name.Length <= LongestName ? name.ToString() : Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mailbox)));
    }

    /// <summary>A vault keeps a deleted secret for days, and refuses its name until it is recovered.</summary>
    private async Task SetAsync(KeyVaultSecret secret, CancellationToken ct)
    {
        try
        {
            await vault.SetSecretAsync(secret, ct);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            await (await vault.StartRecoverDeletedSecretAsync(secret.Name, ct)).WaitForCompletionAsync(ct);
            await vault.SetSecretAsync(secret, ct);
        }
    }

    private static bool IsOfVault(Exception failure) => failure is RequestFailedException or AuthenticationFailedException or AggregateException;

    private PasswordStoreException Unusable(string mailbox, string what, string role, Exception failure) => new(
        $"The password of mailbox {mailbox} {what} in {Place}: " + failure switch
        {
            RequestFailedException { Status: 401 or 403 } => $"our identity needs the role {role} there.",
            RequestFailedException { Status: > 0 } refusal => $"it answered {refusal.Status} {refusal.ErrorCode}; try again.",
            AuthenticationFailedException => "Azure gives us no identity; log in with `az login`, or give this program one.",
            _ => "it does not answer; check MailDepot:PasswordStore, and the network.",
        },
        failure);

    [GeneratedRegex(@"^https://[A-Za-z0-9-]+\.vault\.[a-z0-9.]+/?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Address();
}
