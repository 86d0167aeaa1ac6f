using System.CommandLine;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Smtp;

/// <summary><c>smtp</c>: mails taken a second, beside smtp-sink, smtp-server and raw queue puts; and memory.</summary>
internal static class SmtpCommand
{
    public static Command Make()
    {
        var usual = new SmtpPlan();
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of tables." };
        var kilobytes = new Option<int[]>("--kb") { Description = "Sizes of mails in KB (1,000 octets).", DefaultValueFactory = _ => [.. usual.Kilobytes], AllowMultipleArgumentsPerToken = true };
        var sessions = new Option<int[]>("--sessions") { Description = "Sessions at once.", DefaultValueFactory = _ => [.. usual.Sessions], AllowMultipleArgumentsPerToken = true };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each point; 0 leaves speeds out.", DefaultValueFactory = _ => usual.Rounds };
        var flat = new Option<int>("--flat") { Description = "Mails over which memory is compared; 0 leaves memory out.", DefaultValueFactory = _ => usual.FlatMails };
        var smoke = Smoke.Option();
        var command = new Command("smtp", "Mails taken by SMTP, beside smtp-sink, nodemailer's smtp-server and raw queue puts.") { json, kilobytes, sessions, rounds, flat, smoke };
        command.SetAction(async (parsed, ct) =>
        {
            var plan = parsed.GetValue(smoke) ? SmtpPlan.Smoke : usual with
            {
                Kilobytes = parsed.GetValue(kilobytes)!,
                Sessions = parsed.GetValue(sessions)!,
                Rounds = parsed.GetValue(rounds),
                FlatMails = parsed.GetValue(flat),
            };
            var figures = await MeasureAsync(plan, ct);
            if (parsed.GetValue(json))
            {
                Output.Json(figures);
            }
            else
            {
                SmtpTables.Print(figures);
            }
        });
        return command;
    }

    private static async Task<SmtpFigures> MeasureAsync(SmtpPlan plan, CancellationToken ct)
    {
        Peers.Require(("smtp-sink", "postfix"), ("smtp-source", "postfix"), ("node", "nodejs"), ("npm", "npm"));
        var folder = LocalFolder.Find(null, Environment.CurrentDirectory);
        var azurite = await AzuriteProgram.FindAsync(folder, Environment.GetEnvironmentVariable("MailDepot__Azurite"), SearchPath.FromEnvironment(), Say, TimeProvider.System, ct);
        var receivers = new Receivers(await SmtpServerInstall.RunAsync(folder, Say, ct), TimeProvider.System);
        var run = new SmtpRun(receivers, azurite, plan, TimeProvider.System, Say);
        return new SmtpFigures(
            plan.Rounds == 0 ? [] : await run.NullSpoolAsync(ct),
            plan.Rounds == 0 ? [] : await run.TlsAsync(ct),
            plan.Rounds == 0 ? [] : await run.StorageAsync(ct),
            plan.FlatMails == 0 ? null : await run.FlatAsync(ct),
            plan.FlatMails == 0 ? null : await run.UnfinishedAsync(ct));
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
