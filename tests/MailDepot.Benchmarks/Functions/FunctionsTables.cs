using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Functions;

/// <summary>The figures for people.</summary>
internal static class FunctionsTables
{
    public static void Print(FunctionsFigures figures)
    {
        Console.WriteLine(
            $"{figures.Cores} cores, {figures.Runtime}, {figures.System}; {figures.Mails} mails of {figures.Kilobytes} KB a round");
        var table = Output.Columns(
            "worker", "first result, s", "mails/s", "rounds", "CPU ms per mail", "RSS idle, MB", "RSS after the mails, MB",
            "telemetry, bytes per mail", "metrics, bytes a minute");
        foreach (var (name, worker) in new[] { ("Functions", figures.Functions), ("maildepot worker", figures.Host) })
        {
            table.Row(
                name,
                Text($"{worker.FirstResultSeconds:0.00}"),
                Text($"{worker.MailsPerSecond:0.0}"),
                string.Join(", ", worker.Rounds.Select(round => Text($"{round.MailsPerSecond:0.0}"))),
                Text($"{worker.CpuMilliseconds:0.00}"),
                Text($"{worker.IdleMegabytes:0}"),
                Text($"{worker.Megabytes:0}"),
                Text($"{worker.TelemetryBytes:0}"),
                Text($"{worker.MetricsBytes:0}"));
        }

        Console.WriteLine();
        Output.Print(table);
        var ratios = string.Join(", ", figures.Ratios.Select(ratio => Text($"{ratio:0.00}")));
        Console.WriteLine(Text(
            $"Functions : maildepot worker: mails/s {figures.Ratio:0.00} ({ratios}), time to the first result {figures.StartRatio:0.00}"));
        GoalFigures.Print(figures.Goals);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
