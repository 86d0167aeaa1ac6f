namespace MailDepot.Notices;

/// <summary>When a mail is due while a mailbox can't be collected.</summary>
internal static class NoticePlan
{
    /// <summary>After the first mail, from the beginning of the failure on; from the last step on it is every day.</summary>
    private static readonly TimeSpan[] Steps = [TimeSpan.FromHours(1), TimeSpan.FromHours(4), TimeSpan.FromDays(1)];

    /// <summary>The first mail's time: at once, but a mailbox that fails again soon after it was well waits for the first step. One that comes and goes would fill the administrator's mailbox.</summary>
    /// <param name="failingSince">When the first of these failures was seen.</param>
    /// <param name="over">When a mail said that an earlier failure is over; null: none did.</param>
    public static DateTimeOffset First(DateTimeOffset failingSince, DateTimeOffset? over) => failingSince < over + Steps[0] ? failingSince + Steps[0] : failingSince;

    /// <summary>When another kind of failure is told while the mailbox fails already: it is news where no mail told of it for a day, but no mail follows another within the first step.</summary>
    /// <remarks>So two failures that take turns are the usual mails, and at most one more a day for each.</remarks>
    /// <param name="sent">When the last mail was sent, whatever it told of.</param>
    /// <param name="told">When the last mail told of this kind; null: none did since the mailbox fails.</param>
    public static DateTimeOffset News(DateTimeOffset sent, DateTimeOffset? told) => told + Steps[^1] is { } stale && stale > sent + Steps[0] ? stale : sent + Steps[0];

    /// <summary>The next mail's time. A step that was missed is not made up for.</summary>
    /// <param name="failingSince">When the first of these failures was seen.</param>
    /// <param name="sent">When the last mail about them was sent; null: none was.</param>
    /// <param name="interval">The mailbox's, where a mail is wanted for each; null: the steps.</param>
    public static DateTimeOffset Next(DateTimeOffset failingSince, DateTimeOffset? sent, TimeSpan? interval)
    {
        if (sent is not { } last)
        {
            return failingSince;
        }

        if (interval is { } pause)
        {
            return last + pause;
        }

        var elapsed = last - failingSince;
        var day = Steps[^1];
        return failingSince + (Steps.Cast<TimeSpan?>().FirstOrDefault(step => step > elapsed) ?? (Math.Floor(elapsed / day) + 1) * day);
    }
}
