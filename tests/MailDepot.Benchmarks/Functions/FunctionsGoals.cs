using System.Collections.Immutable;

namespace MailDepot.Benchmarks.Functions;

/// <summary>What the figures should be.</summary>
internal static class FunctionsGoals
{
    /// <summary>Mails per second, of those of <c>maildepot worker</c>.</summary>
    private const double Ratio = 0.9;

    /// <summary>What the worker took when its packages were first tried; it must not become slower.</summary>
    private const double FirstResultSeconds = 0.96;

    private const double Megabytes = 180;

    /// <summary>Of traces and logs per mail, at the default share of traced mails.</summary>
    private const double TelemetryBytes = 300;

    /// <summary>Each goal with its figure.</summary>
    public static ImmutableArray<GoalFigures> Compare(FunctionsFigures figures)
    {
        var (worker, mails) = (figures.Functions, $"after {figures.Mails} mails");
        return
        [
            new("ratio of mails/s", Ratio, figures.Ratio, figures.Ratio >= Ratio),
            AtMost("seconds to the first result", FirstResultSeconds, worker.FirstResultSeconds),
            AtMost($"RSS in MB {mails}", Megabytes, worker.Megabytes),
            AtMost("telemetry in bytes per mail", TelemetryBytes, worker.TelemetryBytes),
        ];
    }

    private static GoalFigures AtMost(string figure, double goal, double measured) => new(figure, goal, measured, measured <= goal);
}
