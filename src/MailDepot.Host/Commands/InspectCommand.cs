using System.CommandLine;
using System.Globalization;
using MailDepot.Host.Inspect;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot inspect FILE…</c>: what the reader makes of mails, without any storage.</summary>
internal static class InspectCommand
{
    private const string StandardInput = "-";

    public static Command Make()
    {
        var files = new Argument<string[]>("FILE")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "Mails as files, folders of them (all files below), or - for standard input, which is the default.",
        };
        var command = new Command(
            "inspect", "Show what the archive makes of a mail or journal report: facts, recipients, flags, and why. Needs no storage.")
        {
            files,
        };
        command.SetAction((parsed, ct) => RunAsync(
            parsed.GetValue(files) is { Length: > 0 } named ? named : [StandardInput], parsed.GetValue(CommandLine.Json), ct));
        return command;
    }

    private static async Task<int> RunAsync(string[] named, bool json, CancellationToken ct)
    {
        var all = new List<InspectedKind>();
        var (flagged, unreadable) = (0, 0);
        foreach (var file in named.SelectMany(Files))
        {
            if (await ReadAsync(file, ct) is not { } mail)
            {
                unreadable++;
                continue;
            }

            all.Add(mail.Is);
            flagged += mail.Flags.IsEmpty ? 0 : 1;
            if (json)
            {
                Output.JsonLine(mail);
            }
            else
            {
                InspectionText.Print(mail);
            }
        }

        await Console.Error.WriteLineAsync(Summary(all, flagged, unreadable));
        return unreadable == 0 ? CommandLine.Done : CommandLine.NotDone;
    }

    /// <summary>A folder stands for all files below it, ordered by name.</summary>
    private static IEnumerable<string> Files(string named) => Directory.Exists(named)
        ? Directory.EnumerateFiles(named, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        : [named];

    /// <summary>Reports a file that can't be read and returns null, so that the others are still read.</summary>
    private static async Task<Inspection?> ReadAsync(string file, CancellationToken ct)
    {
        try
        {
            return file == StandardInput
                ? await ReadStandardInputAsync(ct)
                : await Inspection.ReadAsync(file, _ => Task.FromResult<Stream>(File.OpenRead(file)), ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: {file} can't be read: {e.Message}");
            return null;
        }
    }

    /// <summary>Copied to a temporary file, because a report is opened more than once.</summary>
    private static async Task<Inspection> ReadStandardInputAsync(CancellationToken ct)
    {
        var kept = Path.GetTempFileName();
        try
        {
            await using (var file = File.OpenWrite(kept))
            {
                await using var input = Console.OpenStandardInput();
                await input.CopyToAsync(file, ct);
            }

            return await Inspection.ReadAsync(StandardInput, _ => Task.FromResult<Stream>(File.OpenRead(kept)), ct);
        }
        finally
        {
            File.Delete(kept);
        }
    }

    private static string Summary(List<InspectedKind> all, int flagged, int unreadable)
    {
        var reports = all.Count(kind => kind is not InspectedKind.Mail);
        var uncertain = all.Count(kind => kind is InspectedKind.UncertainReport);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(all.Count, "mail")}: {Count(reports, "journal report")}, {uncertain} of them uncertain; {flagged} flagged.");
        return unreadable == 0 ? text : $"{text} {Count(unreadable, "file")} could not be read.";
    }

    private static string Count(int number, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");
}
