using System.CommandLine;
using System.Globalization;
using MailDepot.Host.Inspect;
using MailDepot.Journal;
using MailDepot.Mail;
using Spectre.Console;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot inspect FILE…</c>: what the reader makes of mails, without any storage.</summary>
internal static class InspectCommand
{
    private const string StandardInput = "-";

    public static Command Make()
    {
        var files = new Argument<string[]>("FILE") { Arity = ArgumentArity.ZeroOrMore, Description = "Mails as files, folders of them (all files below), or - for the standard input, which is the default." };
        var command = new Command("inspect", "Show what the archive makes of a mail or journal report: facts, recipients, flags, and why. Needs no storage.") { files };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(files) is { Length: > 0 } named ? named : [StandardInput], parsed.GetValue(CommandLine.Json), ct));
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
                Print(mail);
            }
        }

        await Console.Error.WriteLineAsync(Summary(all, flagged, unreadable));
        return unreadable == 0 ? CommandLine.Done : CommandLine.NotDone;
    }

    /// <summary>A folder stands for all files below it, in the order of their names.</summary>
    private static IEnumerable<string> Files(string named) =>
        Directory.Exists(named) ? Directory.EnumerateFiles(named, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : [named];

    /// <summary>Null, and one sentence, for a file that can't be read: the others are read all the same.</summary>
    private static async Task<Inspection?> ReadAsync(string file, CancellationToken ct)
    {
        try
        {
            await using var raw = file == StandardInput ? Console.OpenStandardInput() : File.OpenRead(file);
            return await Inspection.ReadAsync(file, raw, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: {file} can't be read: {e.Message}");
            return null;
        }
    }

    private static string Summary(List<InspectedKind> all, int flagged, int unreadable)
    {
        var (reports, uncertain) = (all.Count(kind => kind is not InspectedKind.Mail), all.Count(kind => kind is InspectedKind.UncertainReport));
        var text = string.Create(CultureInfo.InvariantCulture, $"{Count(all.Count, "mail")}: {Count(reports, "journal report")}, {uncertain} of them uncertain; {flagged} flagged.");
        return unreadable == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text} {Count(unreadable, "file")} could not be read.");
    }

    private static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    private static void Print(Inspection mail)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn(new TableColumn("").NoWrap().PadRight(2)).AddColumn("");
        Line("file", mail.File);
        Line("is", mail.Is switch
        {
            InspectedKind.Report => "a journal report, if it came to a journal address; the mail inside is the document",
            InspectedKind.UncertainReport => "something that claims to be a journal report; it is kept whole",
            _ => "a mail",
        });
        Line("size", $"{Output.Size(mail.Bytes)}, SHA-256 {mail.Sha256}");
        Line("subject", mail.Facts.Subject ?? "(none)");
        Line("date", mail.Facts.Date?.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture) ?? "(none that can be read)");
        Line("message id", mail.Facts.MessageId);
        Line("from", string.Join(", ", mail.Facts.From));
        Line("to", string.Join(", ", mail.Facts.To));
        Line("cc", string.Join(", ", mail.Facts.Cc));
        Line("journal sender", mail.Envelope?.Sender);
        Line("on behalf of", mail.Envelope?.OnBehalfOf);
        Line("journal label", mail.Envelope?.Label);
        foreach (var recipient in mail.Recipients)
        {
            Line("recipient", $"{recipient.Address} ({(recipient.Kind is RecipientKind.Unknown ? "role unknown" : DepotJson.Word(recipient.Kind))}){(recipient.Via is { } via ? $" {via}" : "")}");
        }

        foreach (var attachment in mail.Facts.Attachments)
        {
            Line("attachment", $"{attachment.Name ?? "(no name)"}, {attachment.ContentType}, {Output.Size(attachment.Bytes)}");
        }

        foreach (var message in mail.Messages)
        {
            Line("message inside", $"{message.Subject ?? "(no subject)"}, {Octets.Words(message.Bytes)} from octet {message.Offset}{(message.ClaimsReport ? ", claims to be a journal report" : "")}");
        }

        Line("flags", string.Join(", ", mail.Flags.Select(DepotJson.Word)));
        Line("doubt", mail.Doubt);
        Output.Print(table);
        Console.WriteLine();

        void Line(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                table.AddRow(new Markup($"[bold]{name}[/]"), new Text(Output.Plain(value)));
            }
        }
    }
}
