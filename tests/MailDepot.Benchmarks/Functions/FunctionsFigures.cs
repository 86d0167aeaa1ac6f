using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace MailDepot.Benchmarks.Functions;

/// <summary>Everything that <c>functions</c> measures.</summary>
/// <param name="Mails">That each worker archived in each round.</param>
/// <param name="Kilobytes">Size of each.</param>
/// <param name="Functions">The published app's worker process.</param>
/// <param name="Host"><c>maildepot worker</c>.</param>
internal sealed record FunctionsFigures(int Mails, int Kilobytes, WorkerFigures Functions, WorkerFigures Host)
{
    /// <summary>Mails per second: the median of the rounds' ratios, because the workers of a round ran in turn.</summary>
    public double Ratio => WorkerFigures.Median(Ratios);

    public IEnumerable<double> Ratios => Functions.Rounds.Zip(Host.Rounds, (one, other) => one.MailsPerSecond / other.MailsPerSecond);

    public double StartRatio => Functions.FirstResultSeconds / Host.FirstResultSeconds;

    public ImmutableArray<GoalFigures> Goals => FunctionsGoals.Compare(this);

    public int Cores { get; } = Environment.ProcessorCount;

    public string Runtime { get; } = RuntimeInformation.FrameworkDescription;

    public string System { get; } = RuntimeInformation.OSDescription;
}

/// <summary>One worker: medians over its starts and rounds.</summary>
/// <param name="Starts">Seconds from the start of the process to its first result.</param>
/// <param name="Rounds">What each measured.</param>
internal sealed record WorkerFigures(ImmutableArray<double> Starts, ImmutableArray<RoundFigures> Rounds)
{
    public double FirstResultSeconds => Median(Starts);

    public double MailsPerSecond => Of(round => round.MailsPerSecond);

    public double CpuMilliseconds => Of(round => round.CpuMilliseconds);

    public double IdleMegabytes => Of(round => round.IdleBytes) / 1e6;

    public double Megabytes => Of(round => round.Bytes) / 1e6;

    public double TelemetryBytes => Of(round => round.TelemetryBytes);

    public double MetricsBytes => Of(round => round.MetricsBytes);

    public static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private double Of(Func<RoundFigures, double> figure) => Median(Rounds.Select(figure));
}

/// <summary>One worker in one round.</summary>
/// <param name="MailsPerSecond">In the second half of its mails.</param>
/// <param name="CpuMilliseconds">Processor time of its process per mail, in the same half.</param>
/// <param name="IdleBytes">Resident when it rests after its first mail.</param>
/// <param name="Bytes">Resident after the last mail.</param>
/// <param name="TelemetryBytes">Traces and logs per mail, as exported.</param>
/// <param name="MetricsBytes">Size of an export of metrics, which comes once a minute however many mails there are.</param>
internal sealed record RoundFigures(
    double MailsPerSecond, double CpuMilliseconds, long IdleBytes, long Bytes, double TelemetryBytes, long MetricsBytes);
