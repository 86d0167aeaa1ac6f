using System.Text.RegularExpressions;

namespace MailDepot;

/// <summary>Checks who may connect to the SMTP endpoint, and what it shows: each wrong value is one sentence that names its key.</summary>
public static partial class SmtpOptionsCheck
{
    /// <summary>Whether a setting is the address of a Key Vault secret, without a version: with one, no renewal would ever be seen.</summary>
    public static bool IsVaultSecret(string setting) => VaultSecret().IsMatch(setting);

    internal static IEnumerable<string> Sentences(SmtpOptions smtp)
    {
        if (smtp.Certificate.Contains("://", StringComparison.Ordinal) && !IsVaultSecret(smtp.Certificate))
        {
            yield return $"MailDepot:Smtp:Certificate is '{smtp.Certificate}': give a file, or a Key Vault secret without a version, as in https://name.vault.azure.net/secrets/name.";
        }

        if (smtp.CertificateKey.Length > 0 && (smtp.Certificate.Length == 0 || IsVaultSecret(smtp.Certificate)))
        {
            yield return "MailDepot:Smtp:CertificateKey is set, and MailDepot:Smtp:Certificate names no file that it could belong to: name one, or leave the key out.";
        }
    }

    /// <summary>In every cloud of Azure's a vault is called <c>name.vault.…</c>; a secret has letters, digits and hyphens ("Azure Key Vault REST API").</summary>
    [GeneratedRegex(@"^https://[A-Za-z0-9-]+\.vault\.[a-z0-9.]+/secrets/[A-Za-z0-9-]{1,127}/?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex VaultSecret();
}
