namespace MailDepot.Notices;

/// <summary>When the next mail about a failing mailbox is due.</summary>
internal static class NoticePlan
{
    /// <summary>Times since the failure began at which mails follow the first one; after the last step, daily.</summary>
    private static readonly TimeSpan[] Steps = [TimeSpan.FromHours(1), TimeSpan.FromHours(4), TimeSpan.FromDays(1)];

    /// <summary>
    /// When the first mail is due: at once, but after the first step if an earlier failure was over less than that before. A mailbox
    /// that fails on and off would otherwise flood the administrator.
    /// </summary>
    /// <param name="failingSince">When the failure was first seen.</param>
    /// <param name="over">When a mail said that an earlier failure is over; null if none did.</param>
    public static DateTimeOffset First(DateTimeOffset failingSince, DateTimeOffset? over) =>
        failingSince < over + Steps[0] ? failingSince + Steps[0] : failingSince;

    /// <summary>
    /// When a mail about another kind of failure is due while the mailbox already fails: at once if no mail reported that kind for a
    /// day, but never within the first step after another mail.
    /// </summary>
    /// <remarks>So two alternating failures cause the usual mails, and at most one more a day for each kind.</remarks>
    /// <param name="sent">When the last mail was sent, whatever it reported.</param>
    /// <param name="reported">When a mail last reported this kind; null if none did since the mailbox fails.</param>
    public static DateTimeOffset OtherKind(DateTimeOffset sent, DateTimeOffset? reported) =>
        reported + Steps[^1] is { } stale && stale > sent + Steps[0] ? stale : sent + Steps[0];

    /// <summary>When the next mail is due. Missed steps are skipped.</summary>
    /// <param name="failingSince">When the failure was first seen.</param>
    /// <param name="sent">When the last mail about it was sent; null if none was.</param>
    /// <param name="interval">The mailbox's interval, if a mail is wanted for each; null for the steps.</param>
    public static DateTimeOffset Next(DateTimeOffset failingSince, DateTimeOffset? sent, TimeSpan? interval)
    {
        if (sent is not { } last)
        {
            return failingSince;
        }

        if (interval is { } each)
        {
            return last + each;
        }

        var elapsed = last - failingSince;
        var day = Steps[^1];
        return failingSince + (Steps.Cast<TimeSpan?>().FirstOrDefault(step => step > elapsed) ?? (Math.Floor(elapsed / day) + 1) * day);
    }
}
