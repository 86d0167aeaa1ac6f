using System.Net;
using System.Text.RegularExpressions;
using MailDepot.Storage;

namespace MailDepot.Connectors.Receiving;

/// <summary>Checks the settings of the SMTP endpoint: one sentence per wrong value, which names its key.</summary>
public static partial class SmtpOptionsCheck
{
    /// <summary>The value of <see cref="SmtpOptions.Certificate"/> that asks for one made at start.</summary>
    public const string SelfMade = "self-made";

    /// <summary>Whether a setting asks for a certificate made at start.</summary>
    public static bool IsSelfMade(string setting) => string.Equals(setting, SelfMade, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a setting is the address of a Key Vault secret without a version: a version would hide every renewal.</summary>
    public static bool IsVaultSecret(string setting) => VaultSecret().IsMatch(setting);

    internal static IEnumerable<string> Errors(SmtpOptions smtp)
    {
        if (smtp.Port is < 0 or > 65535)
        {
            yield return $"MailDepot:Smtp:Port is {smtp.Port}: a port is a number from 0 (any free one) to 65535.";
        }

        if (smtp.MaxBytes < 1)
        {
            yield return $"MailDepot:Smtp:MaxBytes is {smtp.MaxBytes}: give the size of the largest mail in bytes, for example 314572800.";
        }

        if (smtp.Hostname.Length == 0 || smtp.Hostname.Any(c => c is <= ' ' or > '~'))
        {
            yield return "MailDepot:Smtp:Hostname is empty or has characters that a host name can't have: give the name "
                + "clients know, for example mx.example.com.";
        }

        if (smtp.Certificate.Contains("://", StringComparison.Ordinal) && !IsVaultSecret(smtp.Certificate))
        {
            yield return $"MailDepot:Smtp:Certificate is '{smtp.Certificate}': give a file, a Key Vault secret without a "
                + $"version, as in https://name.vault.azure.net/secrets/name, or {SelfMade}.";
        }

        if (smtp.CertificateKey.Length > 0
            && (smtp.Certificate.Length == 0 || IsSelfMade(smtp.Certificate) || IsVaultSecret(smtp.Certificate)))
        {
            yield return "MailDepot:Smtp:CertificateKey is set, and MailDepot:Smtp:Certificate names no file that it could "
                + "belong to: name one, or leave the key out.";
        }

        foreach (var sentence in NetworkErrors(
                "Networks", smtp.Networks, "it keeps no stranger out, and a list of networks must; name those that may send, or none")
            .Concat(NetworkErrors(
                "ProxiesFrom", smtp.ProxiesFrom, "whoever is named here can pretend to be anyone; name your proxies alone")))
        {
            yield return sentence;
        }

        if (smtp.MaxConnections < 1)
        {
            yield return $"MailDepot:Smtp:MaxConnections is {smtp.MaxConnections}: give the connections at a time, for example 1000.";
        }

        if (smtp.MaxConnectionsPerAddress < 0)
        {
            yield return $"MailDepot:Smtp:MaxConnectionsPerAddress is {smtp.MaxConnectionsPerAddress}: give the connections at "
                + "a time from one address, or 0 for no limit.";
        }

        if (smtp.MemoryBytes < StorageLimits.BlockBytes)
        {
            yield return $"MailDepot:Smtp:MemoryBytes is {smtp.MemoryBytes}: one large mail needs {StorageLimits.BlockBytes} "
                + "bytes of memory; give a multiple, for example 67108864.";
        }
    }

    /// <summary>Settings that would turn away every client of an open port, because none could meet them.</summary>
    /// <param name="smtp">The settings.</param>
    /// <param name="showsClients">False behind an ingress: all connections come from its own address.</param>
    public static IEnumerable<string> OpenPortErrors(SmtpOptions smtp, bool showsClients)
    {
        if (smtp.Port == 0)
        {
            yield return "MailDepot:Smtp:Port is 0, so neither clients nor the probe of /ready would know which port it "
                + "became: give a number, for example 2525.";
        }

        if (smtp.Certificate.Length == 0 && smtp.RequireTls)
        {
            yield return "MailDepot:Smtp:Certificate is empty, and without TLS every mail would be refused: name a "
                + $"certificate, or set MailDepot__Smtp__Certificate={SelfMade} for one that is made at start, which encrypts "
                + "but that no authority has signed.";
        }

        if (smtp is { Certificate: "", RequireTls: false, ClientCertificate.Length: > 0 })
        {
            yield return $"MailDepot:Smtp:ClientCertificate is '{smtp.ClientCertificate}', which a client can show in TLS only, "
                + "and MailDepot:Smtp:Certificate is empty, so every mail would be deferred: name a certificate or "
                + $"{SelfMade}, or ask for none of the client.";
        }

        if (smtp.Networks.Count > 0 && !showsClients)
        {
            yield return "MailDepot:Smtp:Networks is set, and on Container Apps the clients' addresses can't be seen, so "
                + "every client would be refused: leave the networks out and take addresses that nobody can guess (`maildepot "
                + "smtp address new` makes one), or receive on a machine of your own.";
        }

        if (smtp.ProxiesFrom.Count > 0 && !showsClients)
        {
            yield return "MailDepot:Smtp:ProxiesFrom is set, and the ingress of Container Apps writes no PROXY header but "
                + "passes on what clients send, so a stranger could forge one and pretend to be anyone: leave it out, or "
                + "receive on a machine of your own.";
        }
    }

    /// <param name="key">The setting's key.</param>
    /// <param name="networks">Its value.</param>
    /// <param name="everybody">Why a network of all addresses is wrong, and what to do.</param>
    private static IEnumerable<string> NetworkErrors(string key, IList<string> networks, string everybody) => networks
        .Select((network, number) => (network, number))
        .Select(entry => (!IPNetwork.TryParse(entry.network, out var parsed), parsed.PrefixLength) switch
        {
            (true, _) => $"MailDepot:Smtp:{key}:{entry.number} is '{entry.network}': give a network as in 192.0.2.0/24 or "
                + "2001:db8::/32, or one address as in 192.0.2.7/32.",
            (_, 0) => $"MailDepot:Smtp:{key}:{entry.number} is '{entry.network}', which is every address there is: {everybody}.",
            _ => null,
        })
        .OfType<string>();

    /// <summary>
    /// In every Azure cloud a vault is called <c>name.vault.…</c>; a secret's name has letters, digits and hyphens ("Azure Key
    /// Vault REST API").
    /// </summary>
    [GeneratedRegex(@"^https://[A-Za-z0-9-]+\.vault\.[a-z0-9.]+/secrets/[A-Za-z0-9-]{1,127}/?$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex VaultSecret();
}
