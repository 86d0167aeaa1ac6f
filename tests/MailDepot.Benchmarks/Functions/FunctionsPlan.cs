namespace MailDepot.Benchmarks.Functions;

/// <summary>What is measured, and how often.</summary>
internal sealed record FunctionsPlan
{
    /// <summary>Mails that each worker archives in each round. Time counts from the middle on, when .NET has compiled our code.</summary>
    public int Mails { get; init; } = 10_000;

    /// <summary>Size of a journal report in KB of 1,000 bytes; one of 30 still fits a queue message.</summary>
    public int Kilobytes { get; init; } = 30;

    /// <summary>Rounds, each worker once in each; the medians count.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Starts of each worker; the median counts.</summary>
    public int Starts { get; init; } = 5;

    /// <summary>How long a worker rests after its first mail before its idle memory is read.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(5);

    public static FunctionsPlan Smoke { get; } = new() { Mails = 40, Rounds = 1, Starts = 1, Rest = TimeSpan.FromMilliseconds(200) };
}
