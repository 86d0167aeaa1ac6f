namespace MailDepot.Benchmarks.Pop3;

/// <summary>What is measured, and how often.</summary>
internal sealed record Pop3Plan
{
    /// <summary>Mails in the mailbox.</summary>
    public int Mails { get; init; } = 5_000;

    /// <summary>Size of each in KB of 1,000 bytes.</summary>
    public int Kilobytes { get; init; } = 10;

    /// <summary>Rounds, each client once in each; the medians count.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Rounds before the others that don't count.</summary>
    public int WarmUpRounds { get; init; } = 1;

    /// <summary>Size in MB of each of two large mails; 0 skips them.</summary>
    public int LargeMegabytes { get; init; } = 150;

    /// <summary>Mails that our process collects before its time is measured, and raw puts before theirs is.</summary>
    public int WarmingMails { get; init; } = 5_000;

    public static Pop3Plan Smoke { get; } = new() { Mails = 40, Rounds = 1, WarmUpRounds = 0, LargeMegabytes = 5, WarmingMails = 20 };
}
