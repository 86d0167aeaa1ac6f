namespace MailDepot.Benchmarks.Pop3;

/// <summary>What is measured, and how often.</summary>
internal sealed record Pop3Plan
{
    /// <summary>Mails in the mailbox.</summary>
    public int Mails { get; init; } = 5_000;

    /// <summary>Size of each, 1,000 bytes each.</summary>
    public int Kilobytes { get; init; } = 10;

    /// <summary>Rounds, each client once in each; medians are told.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Rounds before them that don't count.</summary>
    public int WarmUpRounds { get; init; } = 1;

    /// <summary>MB of each of two large mails; 0 leaves them out.</summary>
    public int LargeMegabytes { get; init; } = 150;

    /// <summary>Mails that our process collects before the time is taken, and raw puts before theirs.</summary>
    public int WarmingMails { get; init; } = 5_000;

    public static Pop3Plan Smoke { get; } = new() { Mails = 40, Rounds = 1, WarmUpRounds = 0, LargeMegabytes = 5, WarmingMails = 20 };
}
