using System.CommandLine;
using MailDepot.Host.Commands;

namespace MailDepot.Benchmarks.Parse;

/// <summary><c>parse</c>: structure and facts of mails and journal reports, beside MimeKit's bare parse of the same octets.</summary>
internal static class ParseCommand
{
    private const int UsualRounds = 7;

    public static Command Make()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of text." };
        var mails = new Option<string>("--mails") { Description = "Folder of mails, read with all below it.", DefaultValueFactory = _ => Path.Combine("..", "shared", "corpus", "mails") };
        var rounds = new Option<int>("--rounds") { Description = "Rounds, of which the median counts.", DefaultValueFactory = _ => UsualRounds };
        var command = new Command("parse", "Structure and facts of mails and journal reports, beside MimeKit's bare parse.") { json, mails, rounds };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(mails)!, parsed.GetValue(rounds), parsed.GetValue(json), ct));
        return command;
    }

    private static async Task<int> RunAsync(string folder, int rounds, bool json, CancellationToken ct)
    {
        if (!Directory.Exists(folder))
        {
            await Console.Error.WriteLineAsync($"{folder} is no folder: name one with mails by --mails.");
            return CommandLine.NotDone;
        }

        var figures = await new ParseRun(TimeProvider.System).RunAsync(folder, rounds, ct);
        if (json)
        {
            Output.Json(figures);
        }
        else
        {
            Print(figures);
        }

        return figures.All(part => part.Ratio <= ParseFigures.Goal) ? CommandLine.Done : CommandLine.NotDone;
    }

    private static void Print(IReadOnlyList<ParseFigures> figures)
    {
        var table = Output.Columns("", "mails", "MB", "MimeKit MB/s", "ours MB/s", "ours : MimeKit, time", "KB allocated a mail: MimeKit", "ours", "with text MB/s", "KB");
        foreach (var part in figures)
        {
            table.Row(
                part.Of, Text($"{part.Mails}"), Text($"{part.Megabytes:0.0}"), Text($"{part.MimeKit.Speed:0.0}"), Text($"{part.Ours.Speed:0.0}"),
                Text($"{part.Ratio:0.00} (goal {ParseFigures.Goal:0.0} {(part.Ratio <= ParseFigures.Goal ? "met" : "missed")})"),
                Text($"{part.MimeKit.AllocatedKilobytes:0}"), Text($"{part.Ours.AllocatedKilobytes:0}"), Text($"{part.WithText.Speed:0.0}"), Text($"{part.WithText.AllocatedKilobytes:0}"));
        }

        Output.Print(table);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
