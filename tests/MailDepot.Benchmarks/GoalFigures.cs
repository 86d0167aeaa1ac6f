using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks;

/// <summary>A goal beside what was measured.</summary>
internal sealed record GoalFigures(string Figure, double Goal, double Measured, bool Met)
{
    /// <summary>A table of all, below an empty line; nothing if there are none.</summary>
    public static void Print(IReadOnlyCollection<GoalFigures> goals)
    {
        if (goals.Count == 0)
        {
            return;
        }

        var table = Output.Columns("figure", "goal", "measured", "");
        foreach (var goal in goals)
        {
            table.Row(goal.Figure, Text($"{goal.Goal}"), Text($"{goal.Measured:0.00}"), goal.Met ? "met" : "missed");
        }

        Console.WriteLine();
        Output.Print(table);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
