using System.CommandLine;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Benchmarks.Parse;

/// <summary><c>parse</c>: structure and facts of mails and journal reports, compared with MimeKit's bare parse.</summary>
internal static class ParseCommand
{
    private const int DefaultRounds = 7;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    /// <summary>The public mails beside the repository.</summary>
    private static readonly string DefaultMails = Path.Combine("..", "shared", "corpus", "mails");

    /// <summary>Some of our own mails, which are in every clone.</summary>
    private static readonly string SmokeMails = Path.Combine("tests", "corpus", "attachment");

    public static Command Make()
    {
        var json = Options.Json();
        var mails = new Option<string>("--mails")
        {
            Description = "Folder of mails, read with its subfolders.",
            DefaultValueFactory = _ => DefaultMails,
        };
        var rounds = Options.Number("--rounds", "Rounds; the median counts.", DefaultRounds);
        var smoke = Smoke.Option();
        var command = new Command("parse", "Structure and facts of mails and journal reports, compared with MimeKit's bare parse.")
        {
            json, mails, rounds, smoke,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var figures = parsed.GetValue(smoke)
                ? await MeasureAsync(SmokeMails, rounds: 1, TimeSpan.Zero, ct)
                : await MeasureAsync(parsed.GetValue(mails)!, parsed.GetValue(rounds), Round, ct);
            if (parsed.GetValue(json))
            {
                Output.Json(figures);
            }
            else
            {
                Print(figures);
            }

            return parsed.GetValue(smoke) || figures.All(part => part.Ratio <= ParseFigures.Goal)
                ? CommandLine.Done
                : CommandLine.NotDone;
        });
        return command;
    }

    private static async Task<IReadOnlyList<ParseFigures>> MeasureAsync(
        string folder, int rounds, TimeSpan round, CancellationToken ct)
    {
        if (!Directory.Exists(folder))
        {
            throw new StartException($"{folder} is not a folder: name one that holds mails with --mails.");
        }

        return await new ParseRun(round, TimeProvider.System).RunAsync(folder, rounds, ct);
    }

    private static void Print(IReadOnlyList<ParseFigures> figures)
    {
        var table = Output.Columns(
            "", "mails", "MB",
            "MimeKit MB/s", "ours MB/s", "our time : MimeKit's",
            "KB allocated per mail: MimeKit", "ours",
            "with text MB/s", "KB");
        foreach (var part in figures)
        {
            table.Row(
                part.Of,
                Text($"{part.Mails}"),
                Text($"{part.Megabytes:0.0}"),
                Text($"{part.MimeKit.Speed:0.0}"),
                Text($"{part.Ours.Speed:0.0}"),
                Text($"{part.Ratio:0.00} (goal {ParseFigures.Goal:0.0} {(part.Ratio <= ParseFigures.Goal ? "met" : "missed")})"),
                Text($"{part.MimeKit.AllocatedKilobytes:0}"),
                Text($"{part.Ours.AllocatedKilobytes:0}"),
                Text($"{part.WithText.Speed:0.0}"),
                Text($"{part.WithText.AllocatedKilobytes:0}"));
        }

        Output.Print(table);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
