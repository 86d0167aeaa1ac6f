using System.CommandLine;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Smtp;

/// <summary><c>smtp</c>: mails received per second, compared with smtp-sink, smtp-server and raw queue puts; and memory.</summary>
internal static class SmtpCommand
{
    public static Command Make()
    {
        var usual = new SmtpPlan();
        var json = Options.Json();
        var kilobytes = Options.Numbers("--kb", "Sizes of mails in KB (1,000 bytes).", usual.Kilobytes);
        var sessions = Options.Numbers("--sessions", "Numbers of simultaneous sessions.", usual.Sessions);
        var rounds = Options.Number(
            "--rounds", "Rounds for each size, number of sessions and kind of connection; 0 skips the speeds.", usual.Rounds);
        var flat = Options.Number("--flat", "Mails over which memory should stay flat; 0 skips memory.", usual.FlatMails);
        var smoke = Smoke.Option();
        var command = new Command(
            "smtp", "Mails received by SMTP, compared with smtp-sink, nodemailer's smtp-server and raw queue puts.")
        {
            json, kilobytes, sessions, rounds, flat, smoke,
        };
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
        var azurite = await FreshAzurite.FindAsync(Say, ct);
        var folder = LocalFolder.Find(null, Environment.CurrentDirectory);
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
