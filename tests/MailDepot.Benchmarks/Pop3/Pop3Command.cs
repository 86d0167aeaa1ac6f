using System.CommandLine;
using MailDepot.Host.Commands;
using MailDepot.Host.Local;

namespace MailDepot.Benchmarks.Pop3;

/// <summary><c>pop3</c>: mails collected a second and memory, beside fetchmail and mpop on the same Dovecot.</summary>
internal static class Pop3Command
{
    public static Command Make()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of a table." };
        var mails = new Option<int>("--mails") { Description = "Mails in the mailbox.", DefaultValueFactory = _ => 5_000 };
        var kilobytes = new Option<int>("--kb") { Description = "Size of a mail in KB (1,000 octets).", DefaultValueFactory = _ => 10 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; each client once in each.", DefaultValueFactory = _ => 3 };
        var large = new Option<int>("--large") { Description = "MB of each of two large mails; 0 leaves them out.", DefaultValueFactory = _ => 150 };
        var command = new Command("pop3", "Mails collected by POP3, beside fetchmail and mpop.") { json, mails, kilobytes, rounds, large };
        command.SetAction(async (parsed, ct) =>
        {
            var folder = LocalFolder.Find(null, Environment.CurrentDirectory);
            var azurite = await AzuriteProgram.FindAsync(folder, Environment.GetEnvironmentVariable("MailDepot__Azurite"), SearchPath.FromEnvironment(), Say, TimeProvider.System, ct);
            var run = new Pop3Run(azurite, parsed.GetValue(mails), parsed.GetValue(kilobytes) * 1_000, Say);
            var figures = await run.MeasureAsync(parsed.GetValue(rounds), parsed.GetValue(large), ct);
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
