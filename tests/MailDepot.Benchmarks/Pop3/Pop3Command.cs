using System.CommandLine;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Pop3;

/// <summary><c>pop3</c>: mails collected per second and memory, compared with fetchmail and mpop on the same Dovecot.</summary>
internal static class Pop3Command
{
    public static Command Make()
    {
        var usual = new Pop3Plan();
        var json = Options.Json();
        var mails = Options.Number("--mails", "Mails in the mailbox.", usual.Mails);
        var kilobytes = Options.Number("--kb", "Size of a mail in KB (1,000 bytes).", usual.Kilobytes);
        var rounds = Options.Number("--rounds", "Rounds; each client runs once in each.", usual.Rounds);
        var large = Options.Number("--large", "Size in MB of each of two large mails; 0 skips them.", usual.LargeMegabytes);
        var smoke = Smoke.Option();
        var command = new Command("pop3", "Mails collected by POP3, compared with fetchmail and mpop.")
        {
            json, mails, kilobytes, rounds, large, smoke,
        };
        command.SetAction(async (parsed, ct) =>
        {
            Peers.Require(("fetchmail", "fetchmail"), ("mpop", "mpop"), ("dovecot", "dovecot-pop3d"), ("openssl", "openssl"));
            if (!File.Exists(Pop3Run.DovecotScript))
            {
                throw new StartException($"{Pop3Run.DovecotScript} is not here: run this benchmark in the repository's top folder.");
            }

            var plan = parsed.GetValue(smoke) ? Pop3Plan.Smoke : usual with
            {
                Mails = parsed.GetValue(mails),
                Kilobytes = parsed.GetValue(kilobytes),
                Rounds = parsed.GetValue(rounds),
                LargeMegabytes = parsed.GetValue(large),
            };
            var run = new Pop3Run(await FreshAzurite.FindAsync(Say, ct), plan, Say);
            var figures = await run.MeasureAsync(ct);
            if (parsed.GetValue(json))
            {
                Output.Json(figures);
            }
            else
            {
                Print(figures);
            }
        });
        return command;
    }

    private static void Print(IReadOnlyList<Pop3Figure> figures)
    {
        var table = Output.Columns(
            "client", "mails", "mails/s, median", "rounds", "against fetchmail", "against mpop", "peak RSS, MB");
        foreach (var figure in figures)
        {
            table.Row(
                figure.Client,
                $"{figure.Mails}",
                Number(figure.Median),
                string.Join(", ", figure.Rates.Select(Number)),
                Ratio(figure, "fetchmail"),
                Ratio(figure, "mpop"),
                Number(figure.PeakBytes / 1e6));
        }

        Output.Print(table);

        string Ratio(Pop3Figure figure, string name) =>
            figures.FirstOrDefault(other => other.Client == name) is { } peer && peer.Mails == figure.Mails
                ? FormattableString.Invariant($"{figure.Median / peer.Median:0.00}")
                : "–";
    }

    private static string Number(double value) => FormattableString.Invariant($"{value:0}");

    private static void Say(string text) => Console.Error.WriteLine(text);
}

/// <summary>The figures of one client.</summary>
/// <param name="Rates">Mails per second, one for each round.</param>
/// <param name="PeakBytes">The most bytes that its process had resident in any round.</param>
internal sealed record Pop3Figure(string Client, int Mails, IReadOnlyList<double> Rates, long PeakBytes)
{
    public double Median => Rates.Order().ElementAt(Rates.Count / 2);
}
