using System.Collections.Frozen;
using System.Net;
using System.Text.RegularExpressions;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;

namespace MailDepot.Connectors.Pop3;

/// <summary>Checks the settings of mailboxes. Each error is one sentence that names the key and what to do.</summary>
public static partial class MailboxOptionsCheck
{
    /// <summary>Keys by the name that they had.</summary>
    private static readonly FrozenDictionary<string, string> Renamed = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["MailsARun"] = nameof(MailboxOptions.MaxMailsPerRun),
        ["BytesARun"] = nameof(MailboxOptions.MaxBytesPerRun),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Each poll costs storage requests, and the server a login.</summary>
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(10);

    /// <summary>Also the lifetime of a poll message, far below a queue's limit.</summary>
    private static readonly TimeSpan MaxInterval = TimeSpan.FromDays(1);

    /// <summary>More would take longer than a function may run.</summary>
    private const int MaxMailsPerRun = 1_000_000;

    /// <summary>A broken connection repeats up to this many mails.</summary>
    private const int MaxCommitEvery = 10_000;

    /// <summary>With less, a run would collect a mail or two.</summary>
    private const long MinBytesPerRun = 1_000_000;

    /// <summary>Ten years, as long as tax law requires; a larger number is a mistake.</summary>
    private const int MaxDeleteAfterDays = 3_650;

    /// <summary>A sentence for each key that an earlier version had under another name.</summary>
    /// <param name="mailboxes">The section <c>MailDepot:Mailboxes</c>.</param>
    public static IEnumerable<string> RenamedKeyErrors(IConfigurationSection mailboxes) =>
        from mailbox in mailboxes.GetChildren()
        from setting in mailbox.GetChildren()
        where Renamed.ContainsKey(setting.Key)
        select $"{setting.Path} is now called {Renamed[setting.Key]}: rename it.";

    /// <summary>Errors in the configured mailboxes.</summary>
    public static IEnumerable<string> Errors(IList<MailboxOptions> mailboxes)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var accounts = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < mailboxes.Count; i++)
        {
            var (key, mailbox) = ($"MailDepot:Mailboxes:{i}", mailboxes[i]);
            foreach (var sentence in Errors(key, mailbox).Concat(PasswordErrors(key, mailbox)))
            {
                yield return sentence;
            }

            if (!names.Add(mailbox.Name))
            {
                yield return $"{key}:Name is '{mailbox.Name}', which another entry already has: give each mailbox its own name.";
            }

            if (!accounts.Add(Account(mailbox)))
            {
                yield return $"{key}:User is '{mailbox.User}' on {mailbox.Host}, which another entry already collects: "
                    + "keep one of them, or each mail may be archived twice.";
            }
        }
    }

    /// <summary>
    /// Errors in a mailbox that is added at run time. The sentences name the setting without a path; its password may be in the password
    /// store instead of a setting.
    /// </summary>
    public static IEnumerable<string> Errors(MailboxOptions mailbox) => Errors("", mailbox)
        .Concat(mailbox.PasswordSetting.Length == 0 ? [] : PasswordErrors("", mailbox))
        .Select(sentence => sentence.TrimStart(':'));

    /// <summary>Identifies an account, which only one mailbox may collect.</summary>
    internal static string Account(MailboxOptions mailbox) => $"{mailbox.Host}\n{mailbox.User}".ToUpperInvariant();

    /// <summary>Missing passwords and certificates, which are needed only where mailboxes are collected.</summary>
    public static IEnumerable<string> CollectorErrors(IList<MailboxOptions> mailboxes, IConfiguration configuration)
    {
        for (var i = 0; i < mailboxes.Count; i++)
        {
            var (key, mailbox) = ($"MailDepot:Mailboxes:{i}", mailboxes[i]);
            if (string.IsNullOrEmpty(configuration[mailbox.PasswordSetting]))
            {
                var variable = mailbox.PasswordSetting.Replace(":", "__", StringComparison.Ordinal);
                yield return $"{mailbox.PasswordSetting}, which {key}:PasswordSetting names, is not set: it should hold the password of "
                    + $"mailbox {mailbox.Name}, for example as the environment variable {variable}.";
            }

            if (mailbox.Certificate.Length > 0 && !File.Exists(mailbox.Certificate))
            {
                yield return $"{key}:Certificate is '{mailbox.Certificate}', but there is no such file: "
                    + "give the path of a PEM file, or leave it out.";
            }
        }
    }

    private static IEnumerable<string> Errors(string key, MailboxOptions mailbox)
    {
        if (!MailboxName().IsMatch(mailbox.Name))
        {
            yield return $"{key}:Name is '{mailbox.Name}': a mailbox's name has 1 to 64 letters, digits and . _ @ + -, "
                + "and begins with a letter or digit.";
        }

        if (Uri.CheckHostName(mailbox.Host) is UriHostNameType.Unknown)
        {
            yield return $"{key}:Host is '{mailbox.Host}': give the POP3 server's name or address, for example pop.example.com.";
        }

        if (mailbox.Port is < 1 or > 65535)
        {
            yield return $"{key}:Port is {mailbox.Port}: a port is a number from 1 to 65535, "
                + "usually 995 for tls, and 110 for starttls and none.";
        }

        if (!Enum.IsDefined(mailbox.Security))
        {
            yield return $"{key}:Security is '{mailbox.Security}': give none, starttls, tls or auto.";
        }

        foreach (var sentence in ConnectionErrors(key, mailbox).Concat(TokenErrors(key, mailbox)).Concat(LimitErrors(key, mailbox)))
        {
            yield return sentence;
        }

        if (mailbox.User.Length == 0 || mailbox.User.Any(char.IsControl))
        {
            yield return $"{key}:User is not set, or has control characters: give the login name of the mailbox.";
        }

        if (mailbox.Interval < MinInterval || mailbox.Interval > MaxInterval)
        {
            yield return $"{key}:Interval is {mailbox.Interval}: give 00:00:10 to 1.00:00:00, for example 00:05:00.";
        }

        if (mailbox.HealthUrl.Length > 0
            && !(Uri.TryCreate(mailbox.HealthUrl, UriKind.Absolute, out var health)
                && (health.Scheme == Uri.UriSchemeHttps || health.Scheme == Uri.UriSchemeHttp)))
        {
            yield return $"{key}:HealthUrl is not an https:// or http:// address: give the full address, or leave it out. "
                + "It is not shown here because it may contain a secret.";
        }

        if (!ArchiveContainerName.IsValid(mailbox.Container))
        {
            yield return $"{key}:Container is '{mailbox.Container}': an archive container's name has {ArchiveContainerName.Rule}.";
        }
    }

    private static IEnumerable<string> PasswordErrors(string key, MailboxOptions mailbox)
    {
        if (!PasswordKey().IsMatch(mailbox.PasswordSetting))
        {
            yield return $"{key}:PasswordSetting is '{mailbox.PasswordSetting}': give the configuration key, outside MailDepot, that holds "
                + "the password, for example Passwords:office.";
        }
    }

    private static IEnumerable<string> ConnectionErrors(string key, MailboxOptions mailbox)
    {
        if (!Enum.IsDefined(mailbox.MinimumTls))
        {
            yield return $"{key}:MinimumTls is '{mailbox.MinimumTls}': give tls12 or tls13.";
        }

        if (mailbox.Fingerprint.Length > 0 && !Sha256().IsMatch(mailbox.Fingerprint))
        {
            yield return $"{key}:Fingerprint is '{mailbox.Fingerprint}': give the certificate's SHA-256, 64 hexadecimal digits, "
                + "as `openssl x509 -noout -fingerprint -sha256` prints it.";
        }

        if (mailbox.Fingerprint.Length > 0 && mailbox.Certificate.Length > 0)
        {
            yield return $"{key}:Fingerprint is set, and so is Certificate: keep one of them.";
        }

        if (mailbox.Security is MailboxSecurity.None
            && (mailbox.Fingerprint.Length > 0 || mailbox.Authentication is MailboxAuthentication.XOAuth2 && !IsThisMachine(mailbox.Host)))
        {
            yield return $"{key}:Security is none, so there is no certificate, and a token could be read on the way: "
                + "give tls, starttls or auto.";
        }
    }

    private static IEnumerable<string> TokenErrors(string key, MailboxOptions mailbox)
    {
        if (!Enum.IsDefined(mailbox.Authentication))
        {
            yield return $"{key}:Authentication is '{mailbox.Authentication}': give auto, user, apop, plain or xoauth2.";
        }

        var tokens = mailbox.Authentication is MailboxAuthentication.XOAuth2;
        if (!tokens && (mailbox.TokenEndpoint.Length > 0 || mailbox.ClientId.Length > 0 || mailbox.Scope.Length > 0))
        {
            yield return $"{key}:TokenEndpoint, ClientId and Scope are for Authentication xoauth2: set that, or leave them out.";
        }

        if (tokens && mailbox.TokenEndpoint.Length > 0
            && !(Uri.TryCreate(mailbox.TokenEndpoint, UriKind.Absolute, out var endpoint)
                && (endpoint.Scheme == Uri.UriSchemeHttps || (endpoint.Scheme == Uri.UriSchemeHttp && endpoint.IsLoopback))))
        {
            yield return $"{key}:TokenEndpoint is '{mailbox.TokenEndpoint}': give an https:// address, "
                + $"or leave it out and put the token itself into {mailbox.PasswordSetting}.";
        }

        if (tokens && mailbox.TokenEndpoint.Length > 0 && (mailbox.ClientId.Length == 0 || mailbox.Scope.Length == 0))
        {
            yield return $"{key}:ClientId or Scope is not set, and TokenEndpoint needs both: set them; "
                + $"the client secret goes into {mailbox.PasswordSetting}.";
        }
    }

    private static IEnumerable<string> LimitErrors(string key, MailboxOptions mailbox)
    {
        if (mailbox.MaxMailsPerRun is < 1 or > MaxMailsPerRun)
        {
            yield return $"{key}:MaxMailsPerRun is {mailbox.MaxMailsPerRun}: give 1 to {MaxMailsPerRun}, for example 10000.";
        }

        if (mailbox.MaxBytesPerRun < MinBytesPerRun)
        {
            yield return $"{key}:MaxBytesPerRun is {mailbox.MaxBytesPerRun}: give at least {MinBytesPerRun} bytes, for example 4294967296.";
        }

        if (mailbox.CommitEvery is < 1 or > MaxCommitEvery)
        {
            yield return $"{key}:CommitEvery is {mailbox.CommitEvery}: "
                + $"give the number of mails per session, 1 to {MaxCommitEvery}, for example 1000.";
        }

        if (mailbox.DeleteAfter is < 0 or > MaxDeleteAfterDays)
        {
            yield return $"{key}:DeleteAfter is {mailbox.DeleteAfter}: "
                + $"give the days that mail stays on the server, 0 to {MaxDeleteAfterDays}; 0 deletes it at once.";
        }
        else if (mailbox is { LeaveOnServer: true, DeleteAfter: > 0 })
        {
            yield return $"{key}:DeleteAfter is {mailbox.DeleteAfter}, and LeaveOnServer is true, which deletes nothing: keep one of them.";
        }
    }

    private static bool IsThisMachine(string host) =>
        host is "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    [GeneratedRegex("^([0-9A-F]{2}[: ]?){32}$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Sha256();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex MailboxName();

    [GeneratedRegex(
        @"^(?!MailDepot:)[^\s:]+(:[^\s:]+)*$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex PasswordKey();
}
