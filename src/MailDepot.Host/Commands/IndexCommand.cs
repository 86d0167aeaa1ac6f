using System.CommandLine;
using System.Globalization;
using MailDepot.Base;
using MailDepot.Host.Terminal;
using MailDepot.Index;
using MailDepot.Views;
using Spectre.Console;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot index</c>: checks that ledger, rows and documents agree, and rebuilds the rows.</summary>
internal static class IndexCommand
{
    /// <summary>Without a terminal, a line of progress every so many percent of the ledger.</summary>
    private const int PercentALine = 10;

    /// <summary>After the ledger, a line of progress every so many rows.</summary>
    private const int RowsALine = 100_000;

    public static Command Make() => new("index", "Compare the index with the ledger, and rebuild it.")
    {
        Make(
            "check",
            "Compare ledgers, rows and documents; name every difference. Ends with 0 if there is none, else with 1.",
            CheckAsync),
        Make(
            "rebuild",
            "Rebuild the rows from the ledgers, in place, while mail keeps arriving; works with emptied tables too.",
            RebuildAsync),
    };

    private static Command Make(
        string name, string description, Func<OpenDepot, IReadOnlyList<string>, bool, CancellationToken, Task<int>> run)
    {
        var container = ListCommand.ContainerArgument();
        var command = new Command(name, description) { container };
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.WithArchiver(parsed);
            var asked = parsed.GetValue(container);
            if (!await ListCommand.ExistsAsync(depot, asked, ct))
            {
                return CommandLine.NotDone;
            }

            var containers = asked is null ? await depot.Get<ContainersView>().NamesAsync(ct) : [asked];
            return await run(depot, containers, parsed.GetValue(CommandLine.Json), ct);
        });
        return command;
    }

    private static async Task<int> CheckAsync(OpenDepot depot, IReadOnlyList<string> containers, bool json, CancellationToken ct)
    {
        var differences = 0L;
        foreach (var container in containers)
        {
            var walked = await depot.Get<IndexRepair>().CheckAsync(container, Tell, _ => { }, ct);
            differences += walked.Differences;
            if (json)
            {
                Output.JsonLine(new { container, walked.Lines, walked.Differences });
            }
            else
            {
                var found = walked.Differences == 0 ? "no differences" : $"{walked.Differences} differences";
                Console.WriteLine($"{container}: {walked.Lines} lines compared, {found}.");
            }
        }

        return differences == 0 ? CommandLine.Done : CommandLine.NotDone;

        void Tell(IndexDifference difference)
        {
            if (json)
            {
                Output.JsonLine(difference);
            }
            else
            {
                Console.WriteLine(Output.Plain(difference.Text));
            }
        }
    }

    private static async Task<int> RebuildAsync(OpenDepot depot, IReadOnlyList<string> containers, bool json, CancellationToken ct)
    {
        var unreadable = false;
        foreach (var container in containers)
        {
            var repaired = new SortedDictionary<string, long>(StringComparer.Ordinal);
            var walked = await WithProgressAsync(
                container, json, progress => depot.Get<IndexRepair>().RebuildAsync(container, Note, progress, ct));
            if (json)
            {
                Output.JsonLine(new { container, walked.Lines, found = repaired });
            }
            else
            {
                var found = repaired.Count == 0
                    ? "nothing to repair"
                    : string.Join(", ", repaired.Select(kind => $"{kind.Key} {kind.Value}"));
                Console.WriteLine($"{container}: {walked.Lines} lines compared; {found}.");
            }

            void Note(IndexDifference difference)
            {
                var kind = DepotJson.Word(difference.Kind);
                repaired[kind] = repaired.GetValueOrDefault(kind) + 1;
                if (difference.Kind is IndexDifferenceKind.LineUnreadable)
                {
                    unreadable = true;
                    Console.Error.WriteLine($"{CommandLine.Name}: {difference.Text} Rows that nothing explains were left where they are.");
                }
            }
        }

        return unreadable ? CommandLine.NotDone : CommandLine.Done;
    }

    /// <summary>A bar on a terminal, otherwise a line now and then; nothing for programs.</summary>
    private static async Task<RepairProgress> WithProgressAsync(
        string container, bool json, Func<Action<RepairProgress>, Task<RepairProgress>> run)
    {
        if (json)
        {
            return await run(_ => { });
        }

        if (!Console.IsOutputRedirected)
        {
            return await AnsiConsole.Progress().StartAsync(async progress =>
            {
                var lines = progress.AddTask(Markup.Escape(container));
                ProgressTask? rows = null;
                var walked = await run(step =>
                {
                    lines.Value = Percent(step);
                    if (step.SweptRows > 0)
                    {
                        lines.Value = lines.MaxValue; // the ledger may have grown
                        rows ??= progress.AddTask("").IsIndeterminate();
                        rows.Description = Rows(step.SweptRows);
                    }
                });
                lines.Value = lines.MaxValue;
                rows?.IsIndeterminate(false).Value(rows.MaxValue).Description(Rows(walked.SweptRows));
                return walked;
            });
        }

        var (next, nextRows) = (PercentALine, 1L);
        return await run(step =>
        {
            if (step.SweptRows >= nextRows)
            {
                Console.WriteLine($"{container}: {Rows(step.SweptRows)}");
                nextRows = ((step.SweptRows / RowsALine) + 1) * RowsALine;
            }

            if (Percent(step) >= next)
            {
                Console.WriteLine($"{container}: {step.Lines} lines, {Percent(step):0} %");
                next = ((int)Percent(step) / PercentALine * PercentALine) + PercentALine;
            }
        });
    }

    /// <summary>Progress after the ledger's lines: a count, because the number of rows is not known in advance.</summary>
    private static string Rows(long swept) => swept <= 1
        ? "looking for rows that no line explains"
        : string.Create(CultureInfo.InvariantCulture, $"{swept} rows looked at");

    private static double Percent(RepairProgress step) =>
        step.LedgerBytes == 0 ? 100 : Math.Min(100, 100.0 * step.WalkedBytes / step.LedgerBytes);
}
