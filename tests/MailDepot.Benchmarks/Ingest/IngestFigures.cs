using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>Everything that <c>ingest</c> measures.</summary>
internal sealed record IngestFigures(
    ImmutableArray<SpeedFigures> Speed, ImmutableArray<CallsFigures> CallsInARow, MemoryFigures? Memory)
{
    public ImmutableArray<GoalFigures> Goals => IngestGoals.Compare(Speed, Memory);

    public int Cores { get; } = Environment.ProcessorCount;

    public string Runtime { get; } = RuntimeInformation.FrameworkDescription;

    public string System { get; } = RuntimeInformation.OSDescription;

    /// <summary>Of each mail.</summary>
    public int Participants { get; } = JournalMails.Participants;

    /// <summary>From which the participants are drawn.</summary>
    public int Addresses { get; } = JournalMails.Addresses;
}
