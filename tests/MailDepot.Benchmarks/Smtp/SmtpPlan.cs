namespace MailDepot.Benchmarks.Smtp;

/// <summary>What is measured, and for how long.</summary>
internal sealed record SmtpPlan
{
    /// <summary>Sizes of mails as sent, in KB of 1,000 bytes.</summary>
    public IReadOnlyList<int> Kilobytes { get; init; } = [10, 100];

    /// <summary>Sessions at once.</summary>
    public IReadOnlyList<int> Sessions { get; init; } = [1, 8, 32];

    /// <summary>One connection per session, or one per mail.</summary>
    public IReadOnlyList<bool> Reused { get; init; } = [false, true];

    /// <summary>Rounds of each point, all receivers in turn in each; the medians count.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>The approximate time of one receiver in a round.</summary>
    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Mails that the endpoint receives before it is measured with storage: it runs for weeks, and .NET compiles code that is
    /// used often a second time.
    /// </summary>
    public int WarmMails { get; init; } = 20_000;

    /// <summary>Raw puts before they are measured: more than the endpoint has made by then, since its mails share messages.</summary>
    public int WarmPuts { get; init; } = 5_000;

    /// <summary>
    /// Mails of a round with storage; a third as many with one session. Few, because Azurite slows down with every waiting
    /// message.
    /// </summary>
    public int StoredMails { get; init; } = 3_000;

    /// <summary>Mails over which memory should stay flat.</summary>
    public int FlatMails { get; init; } = 100_000;

    /// <summary>Large mails that are begun and not finished.</summary>
    public int Unfinished { get; init; } = 8;

    /// <summary>Bytes sent of each.</summary>
    public long UnfinishedBytes { get; init; } = 150_000_000;

    public static SmtpPlan Smoke { get; } = new()
    {
        Kilobytes = [10],
        Sessions = [2],
        Reused = [true],
        Rounds = 1,
        Measured = TimeSpan.FromMilliseconds(10),
        WarmMails = 20,
        WarmPuts = 20,
        StoredMails = 60,
        FlatMails = 100,
        Unfinished = 2,
        UnfinishedBytes = 5_000_000,
    };
}
