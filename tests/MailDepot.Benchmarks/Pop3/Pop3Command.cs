using System.CommandLine;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Pop3;

/// <summary><c>pop3</c>: mails collected a second and memory, beside fetchmail and mpop on the same Dovecot.</summary>
internal static class Pop3Command
{
    public static Command Make()
    {
        var usual = new Pop3Plan();
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of a table." };
        var mails = new Option<int>("--mails") { Description = "Mails in the mailbox.", DefaultValueFactory = _ => usual.Mails };
        var kilobytes = new Option<int>("--kb") { Description = "Size of a mail in KB (1,000 octets).", DefaultValueFactory = _ => usual.Kilobytes };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; each client once in each.", DefaultValueFactory = _ => usual.Rounds };
        var large = new Option<int>("--large") { Description = "MB of each of two large mails; 0 leaves them out.", DefaultValueFactory = _ => usual.LargeMegabytes };
        var smoke = Smoke.Option();
        var command = new Command("pop3", "Mails collected by POP3, beside fetchmail and mpop.") { json, mails, kilobytes, rounds, large, smoke };
        command.SetAction(async (parsed, ct) =>
        {
            Peers.Require(("fetchmail", "fetchmail"), ("mpop", "mpop"), ("dovecot", "dovecot-pop3d"), ("openssl", "openssl"));
            if (!File.Exists(Pop3Run.DovecotScript))
            {
                throw new StartException($"{Pop3Run.DovecotScript} is not here: run this benchmark in the project's folder.");
            }

            var plan = parsed.GetValue(smoke) ? Pop3Plan.Smoke : usual with
            {
                Mails = parsed.GetValue(mails),
                Kilobytes = parsed.GetValue(kilobytes),
                Rounds = parsed.GetValue(rounds),
                LargeMegabytes = parsed.GetValue(large),
            };
            var folder = LocalFolder.Find(null, Environment.CurrentDirectory);
            var azurite = await AzuriteProgram.FindAsync(folder, Environment.GetEnvironmentVariable("MailDepot__Azurite"), SearchPath.FromEnvironment(), Say, TimeProvider.System, ct);
            var run = new Pop3Run(azurite, plan, Say);
            var figures = await run.MeasureAsync(ct);
            if (parsed.GetValue(json))
            {
                Output.Json(figures);
                return;
            }

            var table = Output.Columns("client", "mails", "mails/s, median", "rounds", "against fetchmail", "against mpop", "peak RSS, MB");
            foreach (var figure in figures)
            {
                table.Row(
                    figure.Client, $"{figure.Mails}", Number(figure.Median), string.Join(", ", figure.Rates.Select(Number)), Ratio(figure, "fetchmail"), Ratio(figure, "mpop"), Number(figure.PeakBytes / 1e6));
            }

            Output.Print(table);

            string Ratio(Pop3Figure figure, string peer) =>
                figures.FirstOrDefault(other => other.Client == peer) is { } rival && rival.Mails == figure.Mails ? FormattableString.Invariant($"{figure.Median / rival.Median:0.00}") : "–";
        });
        return command;
    }

    private static string Number(double value) => FormattableString.Invariant($"{value:0}");

    private static void Say(string text) => Console.Error.WriteLine(text);
}

/// <summary>What a client came to.</summary>
/// <param name="Rates">Mails a second, a round each.</param>
/// <param name="PeakBytes">The most octets that its process had resident in any round.</param>
internal sealed record Pop3Figure(string Client, int Mails, IReadOnlyList<double> Rates, long PeakBytes)
{
    public double Median => Rates.Order().ElementAt(Rates.Count / 2);
}
