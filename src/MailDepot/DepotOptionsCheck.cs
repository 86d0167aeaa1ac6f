using System.Globalization;
using System.Text.RegularExpressions;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Receiving;
using MailDepot.Mail;
using MailDepot.Notices;
using MailDepot.Storage;
using Microsoft.Extensions.Options;

namespace MailDepot;

/// <summary>Checks the settings at start: each wrong value is one sentence that names its key.</summary>
public sealed partial class DepotOptionsCheck : IValidateOptions<DepotOptions>
{
    /// <summary>Characters of an archive container's name: a blob container's 63 without <c>archive-</c>.</summary>
    public const int LongestContainerName = 55;

    /// <summary>Ten years: longer than anyone asks who did what, and the log is no archive.</summary>
    public const int LongestEventDays = 3_650;

    /// <summary>Seconds: five are the host's own, so that at least as many are left for the mail; nobody waits an hour for a container.</summary>
    private const int ShortestGrace = 10, LongestGrace = 3_600;

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, DepotOptions options)
    {
        var wrong = Errors(options).ToList();
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    /// <summary>Whether an archive container may be called so.</summary>
    public static bool IsContainerName(string name) => name.Length <= LongestContainerName && ContainerName().IsMatch(name);

    private static IEnumerable<string> Errors(DepotOptions options)
    {
        if (options.WorkStorage.Length == 0)
        {
            yield return "MailDepot:WorkStorage is not set: give it the storage account's connection string or blob endpoint, or run `maildepot up`, which brings its own.";
        }

        foreach (var (key, value) in new[] { ("WorkStorage", options.WorkStorage), ("ArchiveStorage", options.ArchiveStorage) })
        {
            if (value.Length > 0 && !IsConnectionString(value) && !StorageAccount.TryReadEndpoint(value, out _))
            {
                yield return $"MailDepot:{key} is neither a storage connection string (AccountName=…;AccountKey=…;BlobEndpoint=…, or UseDevelopmentStorage=true) nor an account's blob endpoint (https://name.blob.core.windows.net).";
            }
        }

        if (options.EventDays is < 1 or > LongestEventDays)
        {
            yield return $"MailDepot:EventDays is {options.EventDays}: the log keeps events for 1 to {LongestEventDays} days.";
        }

        if (options.GraceSeconds is < ShortestGrace or > LongestGrace)
        {
            yield return $"MailDepot:GraceSeconds is {options.GraceSeconds}: give the seconds that the platform leaves a container to end, {ShortestGrace} to {LongestGrace}.";
        }

        if (options.Telemetry.TraceRatio is not (>= 0 and <= 1))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"MailDepot:Telemetry:TraceRatio is {options.Telemetry.TraceRatio}: give the share of mails that are traced, from 0 to 1.");
        }

        foreach (var (key, port) in new[] { ("HealthPort", options.HealthPort), ("Smtp:Port", options.Smtp.Port) })
        {
            if (port is < 0 or > 65535)
            {
                yield return $"MailDepot:{key} is {port}: a port is a number from 0 (any free one) to 65535.";
            }
        }

        if (options.Smtp.MaxBytes < 1)
        {
            yield return $"MailDepot:Smtp:MaxBytes is {options.Smtp.MaxBytes}: give the octets of the largest mail, for example 314572800.";
        }

        if (options.Smtp.Hostname.Length == 0 || options.Smtp.Hostname.Any(c => c is <= ' ' or > '~'))
        {
            yield return "MailDepot:Smtp:Hostname is empty or has characters that a host name can't have: give the name clients know, for example mx.example.com.";
        }

        if (options.PasswordStore.Contains("://", StringComparison.Ordinal) && !VaultPasswords.IsAddress(options.PasswordStore))
        {
            yield return $"MailDepot:PasswordStore is '{options.PasswordStore}': give a key vault's address, as in https://name.vault.azure.net, or a folder.";
        }

        foreach (var sentence in SmtpOptionsCheck.Errors(options.Smtp).Concat(RecipientErrors(options.Recipients))
            .Concat(MailboxOptionsCheck.Errors(options.Mailboxes)).Concat(NoticeOptionsCheck.Errors(options.Notices)))
        {
            yield return sentence;
        }
    }

    private static IEnumerable<string> RecipientErrors(IList<RecipientOptions> recipients)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < recipients.Count; i++)
        {
            var (key, recipient) = ($"MailDepot:Recipients:{i}", recipients[i]);
            if (!Pattern().IsMatch(recipient.Pattern))
            {
                yield return $"{key}:Pattern is '{recipient.Pattern}': give an address, *@domain, or * for every address.";
            }

            if (!IsContainerName(recipient.Container))
            {
                yield return $"{key}:Container is '{recipient.Container}': an archive container's name has 1 to {LongestContainerName} lower-case letters, digits and single hyphens.";
            }

            if (!recipient.IsRetiredWell)
            {
                yield return $"{key}:Retired is '{recipient.Retired}': give the day from which the address is out of use, as 2026-12-31, or now.";
            }

            if (!seen.Add(EmailAddress.Key(recipient.Pattern)))
            {
                yield return $"{key}:Pattern is '{recipient.Pattern}', which another entry has already: keep one of them.";
            }
        }
    }

    /// <summary>What must not be where everybody can connect: addresses that strangers can guess, unless networks are named.</summary>
    public static IEnumerable<string> OpenAddressErrors(DepotOptions options) => options.Smtp.Networks.Count > 0 ? [] :
        from entry in options.Recipients.Index()
        where !UnguessableAddress.Is(entry.Item.Pattern)
        select $"MailDepot:Recipients:{entry.Index}:Pattern is '{entry.Item.Pattern}', to which strangers could send, too: take an address that nobody can guess (`maildepot smtp address new` makes one), or name the networks that may send with MailDepot:Smtp:Networks.";

    private static bool IsConnectionString(string value) =>
        string.Equals(value.Trim().TrimEnd(';'), "UseDevelopmentStorage=true", StringComparison.OrdinalIgnoreCase)
        || (value.Contains("AccountName=", StringComparison.OrdinalIgnoreCase)
            && (value.Contains("AccountKey=", StringComparison.OrdinalIgnoreCase) || value.Contains("SharedAccessSignature=", StringComparison.OrdinalIgnoreCase)));

    [GeneratedRegex(@"^(\*|(\*|[^@\s*]+)@[^@\s*]+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Pattern();

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ContainerName();
}
