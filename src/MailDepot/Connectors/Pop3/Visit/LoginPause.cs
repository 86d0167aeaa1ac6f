namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>How long a mailbox waits after a failed login, longer each time: servers lock accounts after some failed logins.</summary>
internal static class LoginPause
{
    private static readonly TimeSpan First = TimeSpan.FromMinutes(5);

    /// <summary>Six failed logins a day lock no account.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromHours(4);

    /// <summary>After a temporary problem of the server: no login failed, but a mailbox with a short interval must not hammer it.</summary>
    public static readonly TimeSpan AfterOutage = TimeSpan.FromMinutes(1);

    /// <summary>The pause after another failed login.</summary>
    /// <param name="earlier">Failed logins before it, without a successful one in between.</param>
    public static TimeSpan After(int earlier) => earlier < 6 && First * (1 << earlier) is var pause && pause < MaxPause ? pause : MaxPause;
}
