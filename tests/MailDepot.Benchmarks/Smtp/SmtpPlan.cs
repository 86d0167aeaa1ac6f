namespace MailDepot.Benchmarks.Smtp;

/// <summary>What is measured, and for how long.</summary>
internal sealed record SmtpPlan
{
    /// <summary>Sizes of mails as sent, 1,000 octets each.</summary>
    public IReadOnlyList<int> Kilobytes { get; init; } = [10, 100];

    /// <summary>Sessions at once.</summary>
    public IReadOnlyList<int> Sessions { get; init; } = [1, 8, 32];

    /// <summary>Rounds of each point, all receivers in turn in each; medians are told.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>About so long a receiver takes in a round.</summary>
    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Mails over which memory is to stay flat.</summary>
    public int FlatMails { get; init; } = 100_000;

    /// <summary>Large mails that are begun and not ended.</summary>
    public int Unfinished { get; init; } = 8;

    /// <summary>Octets of each that are sent.</summary>
    public long UnfinishedBytes { get; init; } = 150_000_000;
}
