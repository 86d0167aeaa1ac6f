using System.Collections.Immutable;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>What the figures should be.</summary>
internal static class IngestGoals
{
    private const double Ratio = 0.6;
    private const double Requests = 3.4;
    private const double Megabytes = 250;

    /// <summary>The goals are stated for so many in flight; with fewer, mails have too little company.</summary>
    private const int FewestConnections = 16;

    /// <summary>A larger mail does not fit a queue message: its spool blob costs three requests more.</summary>
    private const int MostKilobytes = 30;

    /// <summary>Each goal for each figure that it is for.</summary>
    public static ImmutableArray<GoalFigures> Compare(IReadOnlyList<SpeedFigures> speed, MemoryFigures? memory) =>
    [
        .. from figures in speed
           where figures.Connections >= FewestConnections
           select new GoalFigures($"ratio, {Place(figures)}", Ratio, figures.Ratio, figures.Ratio >= Ratio),
        .. from figures in speed
           where figures.Connections >= FewestConnections && figures.Kilobytes <= MostKilobytes
           let requests = figures.Pipeline.RequestsWithoutParticipants
           select new GoalFigures($"requests a mail without participants, {Place(figures)}", Requests, requests, requests <= Requests),
        .. memory is null ? [] : new[] { new GoalFigures("peak RSS in MB, large mails", Megabytes, memory.PeakBytes / 1e6, memory.PeakBytes / 1e6 < Megabytes) },
    ];

    private static string Place(SpeedFigures figures) => FormattableString.Invariant($"{figures.Kilobytes} KB at {figures.Connections} connections");
}

/// <summary>A goal beside what was measured.</summary>
internal sealed record GoalFigures(string Figure, double Goal, double Measured, bool Met);
