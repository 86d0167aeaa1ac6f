namespace MailDepot.Pop3;

/// <summary>After a failed login the next one waits, longer each time: servers lock accounts after some.</summary>
internal static class LoginPause
{
    /// <summary>After the first.</summary>
    private static readonly TimeSpan First = TimeSpan.FromMinutes(5);

    /// <summary>After many: six failed logins a day lock no account.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(4);

    /// <summary>How long nobody logs in; null: no pause.</summary>
    public static TimeSpan? After(Pop3Failure? failure, MailboxState before)
    {
        if (failure?.Kind is not Pop3FailureKind.Login)
        {
            return null;
        }

        var earlier = before is { Failing: true, Failure.Kind: Pop3FailureKind.Login } ? before.Failures : 0;
        return earlier >= 6 || First * Math.Pow(2, earlier) > Longest ? Longest : First * Math.Pow(2, earlier);
    }
}
