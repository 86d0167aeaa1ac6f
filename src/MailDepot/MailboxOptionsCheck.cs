using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace MailDepot;

/// <summary>Checks the settings of the mailboxes: each wrong value is one sentence that names its key.</summary>
public static partial class MailboxOptionsCheck
{
    /// <summary>A poll costs storage requests and the server a login.</summary>
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    /// <summary>Also the life of a poll's message, far below what a queue takes.</summary>
    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);

    /// <summary>What is wrong with the mailboxes as they are configured.</summary>
    public static IEnumerable<string> Sentences(IList<MailboxOptions> mailboxes)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var accounts = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < mailboxes.Count; i++)
        {
            var (key, mailbox) = ($"{DepotOptions.Section}:Mailboxes:{i}", mailboxes[i]);
            foreach (var sentence in Sentences(key, mailbox))
            {
                yield return sentence;
            }

            if (!names.Add(mailbox.Name))
            {
                yield return $"{key}:Name is '{mailbox.Name}', which another entry has already: give each mailbox a name of its own.";
            }

            if (!accounts.Add($"{mailbox.Host}\n{mailbox.User}"))
            {
                yield return $"{key}:User is '{mailbox.User}' on {mailbox.Host}, which another entry collects already: keep one of them, or each mail may be archived twice.";
            }
        }
    }

    /// <summary>What is missing where the mailboxes are collected: passwords and certificates. Other programs need neither.</summary>
    public static IEnumerable<string> CollectorSentences(IList<MailboxOptions> mailboxes, IConfiguration configuration)
    {
        for (var i = 0; i < mailboxes.Count; i++)
        {
            var (key, mailbox) = ($"{DepotOptions.Section}:Mailboxes:{i}", mailboxes[i]);
            if (string.IsNullOrEmpty(configuration[mailbox.PasswordSetting]))
            {
                yield return $"{mailbox.PasswordSetting}, which {key}:PasswordSetting names, is not set: it should hold the password of the mailbox {mailbox.Name}, for example as the environment variable {mailbox.PasswordSetting.Replace(":", "__", StringComparison.Ordinal)}.";
            }

            if (mailbox.Certificate.Length > 0 && !File.Exists(mailbox.Certificate))
            {
                yield return $"{key}:Certificate is '{mailbox.Certificate}', and there is no such file: give the path of a PEM file, or leave it out.";
            }
        }
    }

    private static IEnumerable<string> Sentences(string key, MailboxOptions mailbox)
    {
        if (!MailboxName().IsMatch(mailbox.Name))
        {
            yield return $"{key}:Name is '{mailbox.Name}': a mailbox's name has 1 to 64 letters, digits and . _ @ + -, and begins with a letter or digit.";
        }

        if (Uri.CheckHostName(mailbox.Host) is UriHostNameType.Unknown)
        {
            yield return $"{key}:Host is '{mailbox.Host}': give the POP3 server's name or address, for example pop.example.com.";
        }

        if (mailbox.Port is < 1 or > 65535)
        {
            yield return $"{key}:Port is {mailbox.Port}: a port is a number from 1 to 65535; usual are 995 for tls, 110 for starttls and none.";
        }

        if (!Enum.IsDefined(mailbox.Security))
        {
            yield return $"{key}:Security is '{mailbox.Security}': give none, starttls or tls.";
        }

        if (mailbox.User.Length == 0)
        {
            yield return $"{key}:User is not set: give the login name of the mailbox.";
        }

        if (!PasswordKey().IsMatch(mailbox.PasswordSetting))
        {
            yield return $"{key}:PasswordSetting is '{mailbox.PasswordSetting}': give the configuration key that holds the password, outside MailDepot, for example Passwords:office.";
        }

        if (mailbox.Interval < ShortestInterval || mailbox.Interval > LongestInterval)
        {
            yield return $"{key}:Interval is {mailbox.Interval}: give 00:00:10 to 1.00:00:00, for example 00:05:00.";
        }

        if (!DepotOptionsCheck.IsContainerName(mailbox.Container))
        {
            yield return $"{key}:Container is '{mailbox.Container}': an archive container's name has 1 to {DepotOptionsCheck.LongestContainerName} lower-case letters, digits and single hyphens.";
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex MailboxName();

    [GeneratedRegex(@"^(?!MailDepot:)[^\s:]+(:[^\s:]+)*$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex PasswordKey();
}
