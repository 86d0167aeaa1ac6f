using Spectre.Console;
using Spectre.Console.Rendering;

namespace MailDepot.Host.Up;

/// <summary>A column of a <see cref="FittedTable"/>.</summary>
/// <param name="Name">The heading.</param>
/// <param name="Least">Cells may be cut down to this many terminal columns; 0: never cut.</param>
/// <param name="Leaves">If cutting is not enough, columns are dropped: 1 goes first; 0 never goes.</param>
internal sealed record FittedColumn(string Name, int Least = 0, int Leaves = 0);

/// <summary>A table that fits the terminal: each row is one line, and only cells of columns that allow it are cut.</summary>
/// <remarks>Spectre.Console narrows all columns alike: dates wrap, and ids are cut until they are useless.</remarks>
internal static class FittedTable
{
    private const int Gap = 2;

    public static Table Make(IReadOnlyList<FittedColumn> columns, IReadOnlyList<string[]> rows, int width)
    {
        var widths = columns.Select((column, at) => rows.Select(row => Width(row[at])).Append(Width(column.Name)).Max()).ToArray();
        var shown = Enumerable.Range(0, columns.Count).ToList();
        while (shown.Sum(at => widths[at]) + (Gap * (shown.Count - 1)) > width)
        {
            var wide = shown.FindAll(at => columns[at].Least > 0 && widths[at] > columns[at].Least);
            var optional = shown.FindAll(at => columns[at].Leaves > 0);
            if (wide.Count > 0)
            {
                widths[wide.MaxBy(at => widths[at])]--;
            }
            else if (optional.Count > 0)
            {
                shown.Remove(optional.MinBy(at => columns[at].Leaves));
            }
            else
            {
                break;
            }
        }

        var table = new Table().Border(TableBorder.None).Collapse();
        foreach (var at in shown)
        {
            table.AddColumn(new TableColumn($"[bold]{Markup.Escape(Cut(columns[at].Name, widths[at]))}[/]")
                .NoWrap().PadLeft(0).PadRight(at == shown[^1] ? 0 : Gap));
        }

        foreach (var row in rows)
        {
            table.AddRow(shown.Select(at => new Text(Cut(row[at], widths[at]))));
        }

        return table;
    }

    /// <summary>Cuts the text to this many terminal columns; the last is an ellipsis if text was cut.</summary>
    public static string Cut(string text, int width) =>
        Width(text) <= width ? text : (Segment.Truncate(new Segment(text), Math.Max(width - 1, 0))?.Text ?? "") + "…";

    private static int Width(string text) => new Segment(text).CellCount();
}
