using System.CommandLine;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Ingest;

/// <summary><c>ingest</c>: mails by SMTP to archived, beside the floor of the unavoidable storage calls.</summary>
internal static class IngestCommand
{
    public static Command Make()
    {
        var usual = new IngestPlan();
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of tables." };
        var kilobytes = new Option<int[]>("--kb") { Description = "Sizes of mails in KB (1,000 octets).", DefaultValueFactory = _ => [.. usual.Kilobytes], AllowMultipleArgumentsPerToken = true };
        var connections = new Option<int[]>("--connections") { Description = "SMTP connections at once.", DefaultValueFactory = _ => [.. usual.Connections], AllowMultipleArgumentsPerToken = true };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of floor and pipeline for each size and number of connections; 0 leaves them out.", DefaultValueFactory = _ => usual.Rounds };
        var speedOnly = new Option<bool>("--speed-only") { Description = "Leave out the calls in a row and the eight large mails." };
        var smoke = Smoke.Option();
        var command = new Command("ingest", "Mails by SMTP to archived, beside a floor of the unavoidable storage calls.") { json, kilobytes, connections, rounds, speedOnly, smoke };
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
        var program = await AzuriteProgram.FindAsync(
            LocalFolder.Find(null, Environment.CurrentDirectory), Environment.GetEnvironmentVariable("MailDepot__Azurite"), SearchPath.FromEnvironment(), Say, TimeProvider.System, ct);
        var speed = await new SpeedRun(program, plan, TimeProvider.System, Say).RunAsync(ct);
        if (plan.SpeedOnly)
        {
            return new IngestFigures(speed, [], null);
        }

        Say("calls in a row …");
        var calls = await new CallsRun(program, TimeProvider.System).RunAsync(plan.Kilobytes, ct);
        Say($"{plan.LargeMails} mails of {plan.LargeBytes / 1_000_000} MB …");
        return new IngestFigures(speed, calls, await new MemoryRun(program, plan, TimeProvider.System).RunAsync(ct));
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
