using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using MailDepot.Connectors.Receiving;
using MailDepot.Events;

namespace MailDepot.Host.Smtp;

/// <summary>The certificate in an Azure Key Vault, which renews it: its secret has certificate, chain and key.</summary>
/// <remarks>
/// The secret of a Key Vault certificate is PFX in base64, or PEM, as its policy says ("About Azure Key Vault
/// certificates"). Access uses the identity that <c>DefaultAzureCredential</c> finds; it needs permission to get this secret.
/// </remarks>
internal sealed class VaultCertificate(SecretClient vault, string secret) : ICertificateSource
{
    private const string Key = $"{DepotOptions.Section}:Smtp:{nameof(SmtpOptions.Certificate)}";

    private string? read;

    /// <summary>Reads the secret of this name with our identity.</summary>
    public VaultCertificate(Uri vault, string secret)
        : this(new SecretClient(vault, new DefaultAzureCredential()), secret)
    {
    }

    /// <summary>A vault renews weeks before a certificate expires, and limits requests.</summary>
    public TimeSpan Fresh => TimeSpan.FromHours(1);

    /// <summary>Whether a setting is a secret's address without a version: <c>https://name.vault.azure.net/secrets/name</c>.</summary>
    public static bool TryReadAddress(string setting, [NotNullWhen(true)] out Uri? vault, [NotNullWhen(true)] out string? secret)
    {
        (vault, secret) = (null, null);
        if (!SmtpOptionsCheck.IsVaultSecret(setting))
        {
            return false;
        }

        var address = new Uri(setting);
        (vault, secret) = (new Uri(address.GetLeftPart(UriPartial.Authority)), address.Segments[2].TrimEnd('/'));
        return true;
    }

    /// <inheritdoc />
    public async ValueTask<X509Certificate2Collection?> ReadAsync(CancellationToken ct)
    {
        KeyVaultSecret found;
        try
        {
            found = await vault.GetSecretAsync(secret, cancellationToken: ct);
        }
        catch (Exception failure) when (failure is RequestFailedException or AuthenticationFailedException or AggregateException)
        {
            throw new CertificateException(
                $"{Key} names the secret '{secret}' in {vault.VaultUri.Host}: it can't be read ({Why(failure)}).", failure);
        }

        if (found.Properties.Version == read)
        {
            return null;
        }

        try
        {
            var certificate = CertificateText.Read(Bytes(found.Value), []);
            read = found.Properties.Version;
            return certificate;
        }
        catch (Exception wrong) when (wrong is CryptographicException or FormatException)
        {
            throw new CertificateException(
                $"{Key} names the secret '{secret}' in {vault.VaultUri.Host}: that is no certificate with its key "
                + $"({wrong.Message.TrimEnd('.')}).", wrong);
        }
    }

    private static string Why(Exception failure) => failure switch
    {
        RequestFailedException { Status: 404 } => "there is no such secret",
        RequestFailedException { Status: 401 or 403 } => "our identity may not read it: it needs the role Key Vault Secrets User",
        AuthenticationFailedException => "Azure gives us no identity",
        _ => Failure.Describe(failure),
    };

    private static byte[] Bytes(string value) =>
        value.Contains("-----BEGIN ", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(value) : Convert.FromBase64String(value);
}
