using System.Text.RegularExpressions;

namespace MailDepot.Notices;

/// <summary>Checks the relay's settings. Each error is one sentence that names the key and what to do.</summary>
internal static partial class NoticeOptionsCheck
{
    private const string Key = "MailDepot:Notices";

    /// <summary>The errors; none without a relay.</summary>
    public static IEnumerable<string> Errors(NoticeOptions notices) =>
        notices.Host.Length == 0 ? [] : RelayErrors(notices).Concat(AddressErrors(notices));

    private static IEnumerable<string> RelayErrors(NoticeOptions notices)
    {
        if (Uri.CheckHostName(notices.Host) is UriHostNameType.Unknown)
        {
            yield return $"{Key}:Host is '{notices.Host}': give the relay's name or address, for example smtp.example.com.";
        }

        if (notices.Port is < 1 or > 65535)
        {
            yield return $"{Key}:Port is {notices.Port}: a port is a number from 1 to 65535, "
                + "usually 587 for starttls, 465 for tls, and 25 for a relay of your own.";
        }

        if (!Enum.IsDefined(notices.Security))
        {
            yield return $"{Key}:Security is '{notices.Security}': give none, starttls or tls.";
        }

        if (notices.User.Length > 0 && notices.Security is RelaySecurity.None)
        {
            yield return $"{Key}:User is set and {Key}:Security is none: the password could be read on the way; "
                + "give starttls or tls, or leave out the user.";
        }

        if (notices.User.Length > 0 && !PasswordKey().IsMatch(notices.PasswordSetting))
        {
            yield return $"{Key}:PasswordSetting is '{notices.PasswordSetting}': give the configuration key, outside MailDepot, that holds "
                + $"the password of {notices.User}, for example Passwords:relay.";
        }
    }

    private static IEnumerable<string> AddressErrors(NoticeOptions notices)
    {
        if (notices.To.Count == 0)
        {
            yield return $"{Key}:To is empty: name who gets the mails, for example {Key}:To:0=admin@example.com.";
        }

        foreach (var (key, address) in notices.To.Select((address, number) => ($"To:{number}", address)).Prepend(("From", notices.From)))
        {
            if (!Address().IsMatch(address))
            {
                yield return $"{Key}:{key} is '{address}': give an address, for example archive@example.com.";
            }
        }
    }

    [GeneratedRegex(@"^[!-;=?-~]+@[A-Za-z0-9.-]+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Address();

    [GeneratedRegex(
        @"^(?!MailDepot:)[^\s:]+(:[^\s:]+)*$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex PasswordKey();
}
