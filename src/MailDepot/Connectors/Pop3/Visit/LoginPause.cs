namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>After a failed login the next one waits, longer each time: servers lock accounts after some.</summary>
internal static class LoginPause
{
    /// <summary>After the first.</summary>
    private static readonly TimeSpan First = TimeSpan.FromMinutes(5);

    /// <summary>After many: six failed logins a day lock no account.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(4);

    /// <summary>After a server was unwell: no login failed, and yet no mailbox of a short interval hammers at it.</summary>
    public static readonly TimeSpan Unwell = TimeSpan.FromMinutes(1);

    /// <summary>How long nobody logs in after one more failed login.</summary>
    /// <param name="earlier">Logins that failed before it, with none between that did not.</param>
    public static TimeSpan After(int earlier) => earlier < 6 && First * (1 << earlier) is var pause && pause < Longest ? pause : Longest;
}
