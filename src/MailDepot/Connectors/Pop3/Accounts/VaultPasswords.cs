using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Passwords in an Azure Key Vault, as secrets <c>mailbox-NAME</c>.</summary>
/// <remarks>
/// Collecting needs the role Key Vault Secrets User, managing mailboxes Key Vault Secrets Officer, for the identity that
/// <c>DefaultAzureCredential</c> finds. A password is read at each visit, so a new one takes effect at the next.
/// </remarks>
public sealed partial class VaultPasswords(SecretClient vault) : IPasswordStore
{
    /// <summary>Separates them from other secrets in the vault.</summary>
    private const string Prefix = "mailbox-";

    /// <summary>Characters of a secret's name (Azure "Key Vault: Object identifiers").</summary>
    private const int MaxNameLength = 127;

    /// <summary>The vault at this address, accessed with this program's identity.</summary>
    public VaultPasswords(Uri vault)
        : this(new SecretClient(vault, new DefaultAzureCredential()))
    {
    }

    /// <inheritdoc />
    public string Place => $"the key vault {vault.VaultUri.Host}";

    /// <summary>Whether a setting is a vault's address: <c>name.vault.…</c> in every Azure cloud.</summary>
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
            throw Unusable(mailbox, "can't be read from", "Key Vault Secrets User", failure);
        }
    }

    /// <inheritdoc />
    public async Task PutAsync(string mailbox, string password, CancellationToken ct)
    {
        try
        {
            var secret = new KeyVaultSecret(SecretName(mailbox), password) { Properties = { ContentType = "password of a POP3 mailbox" } };
            await SetAsync(secret, ct);
        }
        catch (Exception failure) when (IsOfVault(failure))
        {
            throw Unusable(mailbox, "can't be stored in", "Key Vault Secrets Officer", failure);
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
            // it is deleted already
        }
        catch (Exception failure) when (IsOfVault(failure))
        {
            throw Unusable(mailbox, "can't be deleted from", "Key Vault Secrets Officer", failure);
        }
    }

    /// <summary>
    /// Secret names have only letters, digits and hyphens: any other character, and the hyphen itself, becomes a hyphen and its code in
    /// hex.
    /// </summary>
    internal static string SecretName(string mailbox)
    {
        var name = new StringBuilder(Prefix);
        foreach (var c in mailbox)
        {
            _ = char.IsAsciiLetterOrDigit(c) ? name.Append(c) : name.Append(CultureInfo.InvariantCulture, $"-{(int)c:x2}");
        }

        return name.Length <= MaxNameLength
            ? name.ToString()
            : Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mailbox)));
    }

    /// <summary>Sets a secret. A vault keeps deleted secrets for days and refuses their names until they are recovered.</summary>
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

    private static bool IsOfVault(Exception failure) =>
        failure is RequestFailedException or AuthenticationFailedException or AggregateException;

    private PasswordStoreException Unusable(string mailbox, string what, string role, Exception failure) => new(
        $"The password of mailbox {mailbox} {what} {Place}: " + failure switch
        {
            RequestFailedException { Status: 401 or 403 } => $"this program's identity needs the role {role} there.",
            RequestFailedException { Status: > 0 } refusal => $"it answered {refusal.Status} {refusal.ErrorCode}; try again.",
            AuthenticationFailedException => "this program has no Azure identity; run `az login`, or assign it a managed identity.",
            _ => "it does not answer; check MailDepot:PasswordStore and the network.",
        },
        failure);

    [GeneratedRegex(@"^https://[A-Za-z0-9-]+\.vault\.[a-z0-9.]+/?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Address();
}
