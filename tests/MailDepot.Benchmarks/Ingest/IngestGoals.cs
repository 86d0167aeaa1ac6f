using System.Collections.Immutable;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>What the figures should be.</summary>
internal static class IngestGoals
{
    private const double Ratio = 0.6;
    private const double Requests = 3.4;
    private const double Megabytes = 250;

    /// <summary>The goals hold from this many in flight. With fewer, too few mails share a write.</summary>
    private const int MinConnections = 16;

    /// <summary>A larger mail does not fit a queue message: its spool blob costs three more requests.</summary>
    private const int MaxKilobytes = 30;

    /// <summary>Each goal with each figure that it applies to.</summary>
    public static ImmutableArray<GoalFigures> Compare(IReadOnlyList<SpeedFigures> speed, MemoryFigures? memory) =>
    [
        .. from figures in speed
           where figures.Connections >= MinConnections
           select new GoalFigures($"ratio, {Place(figures)}", Ratio, figures.Ratio, figures.Ratio >= Ratio),
        .. from figures in speed
           where figures.Connections >= MinConnections && figures.Kilobytes <= MaxKilobytes
           let requests = figures.Pipeline.RequestsWithoutParticipants
           select new GoalFigures(
               $"requests per mail without participants, {Place(figures)}", Requests, requests, requests <= Requests),
        .. memory is null ? [] : new[] { Peak(memory.PeakBytes / 1e6) },
    ];

    private static GoalFigures Peak(double megabytes) =>
        new("peak RSS in MB, large mails", Megabytes, megabytes, megabytes < Megabytes);

    private static string Place(SpeedFigures figures) =>
        FormattableString.Invariant($"{figures.Kilobytes} KB at {figures.Connections} connections");
}
