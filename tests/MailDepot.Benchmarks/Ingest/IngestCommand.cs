using System.CommandLine;
using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Ingest;

/// <summary><c>ingest</c>: mails from SMTP to archived, compared with a floor of the unavoidable storage calls.</summary>
internal static class IngestCommand
{
    public static Command Make()
    {
        var usual = new IngestPlan();
        var json = Options.Json();
        var kilobytes = Options.Numbers("--kb", "Sizes of mails in KB (1,000 bytes).", usual.Kilobytes);
        var connections = Options.Numbers("--connections", "Numbers of simultaneous SMTP connections.", usual.Connections);
        var rounds = Options.Number(
            "--rounds", "Rounds of floor and pipeline for each size and number of connections; 0 skips them.", usual.Rounds);
        var speedOnly = new Option<bool>("--speed-only") { Description = "Skip the sequential calls and the eight large mails." };
        var smoke = Smoke.Option();
        var command = new Command("ingest", "Mails from SMTP to archived, compared with a floor of the unavoidable storage calls.")
        {
            json, kilobytes, connections, rounds, speedOnly, smoke,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var plan = parsed.GetValue(smoke) ? IngestPlan.Smoke : usual with
            {
                Kilobytes = parsed.GetValue(kilobytes)!,
                Connections = parsed.GetValue(connections)!,
                Rounds = parsed.GetValue(rounds),
                SpeedOnly = parsed.GetValue(speedOnly),
            };
            var figures = await MeasureAsync(plan, ct);
            if (parsed.GetValue(json))
            {
                Output.Json(figures);
            }
            else
            {
                IngestTables.Print(figures);
            }
        });
        return command;
    }

    private static async Task<IngestFigures> MeasureAsync(IngestPlan plan, CancellationToken ct)
    {
        var program = await FreshAzurite.FindAsync(Say, ct);
        var speed = await new SpeedRun(program, plan, TimeProvider.System, Say).RunAsync(ct);
        if (plan.SpeedOnly)
        {
            return new IngestFigures(speed, [], null);
        }

        Say("sequential calls …");
        var calls = await new CallsRun(program, TimeProvider.System).RunAsync(plan.Kilobytes, ct);
        Say($"{plan.LargeMails} mails of {plan.LargeBytes / 1_000_000} MB …");
        return new IngestFigures(speed, calls, await new MemoryRun(program, plan, TimeProvider.System).RunAsync(ct));
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
