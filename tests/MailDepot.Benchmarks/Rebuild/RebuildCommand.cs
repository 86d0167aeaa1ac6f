using System.CommandLine;
using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Rebuild;

/// <summary><c>rebuild</c>: the index rebuilt from the ledgers, compared with plain writes of the same rows.</summary>
internal static class RebuildCommand
{
    private const int DefaultReceipts = 20_000, SmokeReceipts = 100;

    public static Command Make()
    {
        var json = Options.Json();
        var receipts = Options.Number("--receipts", "Receipts in the ledgers.", DefaultReceipts);
        var smoke = Smoke.Option();
        var command = new Command("rebuild", "The index rebuilt from the ledgers, compared with plain writes of the same rows.")
        {
            json, receipts, smoke,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var run = new RebuildRun(await FreshAzurite.FindAsync(Say, ct), TimeProvider.System, Say);
            var figures = await run.RunAsync(parsed.GetValue(smoke) ? SmokeReceipts : parsed.GetValue(receipts), ct);
            if (parsed.GetValue(json))
            {
                Output.Json(figures);
            }
            else
            {
                Print(figures);
            }

            return figures.Equal ? CommandLine.Done : CommandLine.NotDone;
        });
        return command;
    }

    private static void Print(RebuildFigures figures)
    {
        var table = Output.Columns("", "seconds", "receipts/s", "rows/s", "requests per receipt", "ms: own + Azurite");
        foreach (var (name, part) in new[] { ("plain writes", figures.Floor), ("rebuild", figures.Rebuild) })
        {
            table.Row(
                name,
                Text($"{part.Seconds:0.0}"),
                Text($"{figures.Receipts / part.Seconds:0}"),
                Text($"{figures.Rows / part.Seconds:0}"),
                Text($"{part.Requests:0.00}"),
                Text($"{part.Cpu.Own:0.0} + {part.Cpu.Storage:0.0}"));
        }

        Output.Print(table);
        var verdict = figures.Equal ? "the same rows as before" : "NOT the same rows";
        Console.WriteLine(Text(
            $"{figures.Receipts} receipts in {figures.Files} ledger files, {figures.Rows} rows; ratio {figures.Ratio:0.00}; {verdict}."));
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static void Say(string text) => Console.Error.WriteLine(text);
}
