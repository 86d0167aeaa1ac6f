using System.CommandLine;
using MailDepot.Index;
using MailDepot.Storage;
using Spectre.Console;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot list</c>: mails, newest first.</summary>
internal static class ListCommand
{
    private const int UsualCount = 20;

    /// <summary>A page is one request of at most 1,000 rows (Azure "Query timeout and pagination").</summary>
    private const int LargestCount = 500;

    public static Command Make()
    {
        var container = new Argument<string?>("CONTAINER") { Arity = ArgumentArity.ZeroOrOne, Description = "Archive container; without it, all of them." };
        var participant = new Option<string?>("--participant") { HelpName = "ADDRESS", Description = "Only mails in which this address has a role." };
        var count = new Option<int?>("--count") { HelpName = "N", CustomParser = CommandLine.Number, Description = $"Mails a page, 1 to {LargestCount}. Default {UsualCount}." };
        var after = new Option<Guid?>("--after") { HelpName = "ID", CustomParser = result => ReceiptId.Parse(result), Description = "Go on after this mail: the next page." };
        var command = new Command("list", "List mails, newest first: one line a document.") { container, participant, count, after };
        command.SetAction((parsed, ct) => RunAsync(
            parsed, parsed.GetValue(container), parsed.GetValue(participant), parsed.GetValue(count) ?? UsualCount, parsed.GetValue(after), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string? container, string? participant, int count, Guid? after, CancellationToken ct)
    {
        if (count is < 1 or > LargestCount)
        {
            throw new UsageException($"--count is {count}: a page has 1 to {LargestCount} mails.");
        }

        await using var depot = OpenDepot.For(parsed);
        if (container is not null && !await depot.Get<DepotStorage>().ArchivesAsync(ct).ContainsAsync(container, StringComparer.Ordinal, ct))
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: There is no archive container '{container}': `maildepot status` shows those there are.");
            return CommandLine.NotDone;
        }

        var index = depot.Get<IndexReader>();
        var page = participant is null
            ? await index.ListAsync(container, count, after, ct)
            : await index.ListParticipantAsync(participant, container, count, after, ct);
        if (parsed.GetValue(CommandLine.Json))
        {
            Output.Json(page);
        }
        else
        {
            Print(page, participant is not null);
        }

        return CommandLine.Done;
    }

    /// <summary>The page as a table, and how to get the next.</summary>
    public static void Print(MailPage page, bool roles)
    {
        if (page.Mails.Count == 0)
        {
            Console.WriteLine("No mails.");
            return;
        }

        Output.Print(Table(page, roles));
        if (page.Next is { } next)
        {
            Console.WriteLine($"More: add --after {next:D}");
        }
    }

    /// <summary>A line a mail.</summary>
    public static Table Table(MailPage page, bool roles)
    {
        var table = Output.Columns("id", "received", "from", roles ? "roles" : "to", "size", "subject");
        foreach (var mail in page.Mails)
        {
            var mark = mail.Flags is null ? "" : $"  ({mail.Flags})";
            table.Row(
                mail.Id.ToString("D"), Output.Time(mail.Received), Output.Short(mail.From, 32), Output.Short(roles ? mail.Roles : mail.Recipients, 36),
                Output.Size(mail.Bytes), Output.Short(mail.Subject ?? "(no subject)", 60) + mark);
        }

        return table;
    }
}
