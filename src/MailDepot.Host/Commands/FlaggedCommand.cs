using System.CommandLine;
using System.CommandLine.Parsing;
using MailDepot.Base;
using MailDepot.Host.Terminal;
using MailDepot.Index;
using MailDepot.Ledger;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot flagged</c>: archived mails about which a person should know something.</summary>
internal static class FlaggedCommand
{
    public static Command Make() => new("flagged", "Show archived mails that are flagged: unparsed, uncertain as a report, no report, ….")
    {
        List(),
    };

    private static Command List()
    {
        var words = string.Join(", ", Enum.GetValues<ReceiptFlag>().Select(DepotJson.Word));
        var container = ListCommand.ContainerArgument();
        var flag = new Option<ReceiptFlag?>("--flag") { HelpName = "FLAG", CustomParser = Flag, Description = $"Only this flag: {words}." };
        var count = ListCommand.CountOption("Receipts");
        var after = ListCommand.AfterOption();
        var command = new Command(
            "list", "List flagged receipts, newest first, each with the reason. Reads their rows only, however many others there are.")
        {
            container, flag, count, after,
        };
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            if (!await ListCommand.ExistsAsync(depot, parsed.GetValue(container), ct)
                || await ListCommand.AfterAsync(depot, parsed.GetValue(after), ct) is not (true, var start))
            {
                return CommandLine.NotDone;
            }

            var page = await depot.Get<IndexReader>().ListFlaggedAsync(
                parsed.GetValue(flag), parsed.GetValue(container), ListCommand.Count(parsed, count), start, ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(page);
            }
            else
            {
                Print(page);
            }

            return CommandLine.Done;
        });
        return command;

        ReceiptFlag? Flag(ArgumentResult result)
        {
            var text = result.Tokens[0].Value;
            foreach (var one in Enum.GetValues<ReceiptFlag>())
            {
                if (DepotJson.Word(one).Equals(text, StringComparison.OrdinalIgnoreCase))
                {
                    return one;
                }
            }

            result.AddError($"'{text}' is no flag: there are {words}.");
            return null;
        }
    }

    private static void Print(MailPage page)
    {
        if (page.Mails.Count == 0)
        {
            Console.WriteLine("Nothing is flagged.");
            return;
        }

        var table = Output.Columns("id", "received", "flags", "from", "subject", "reason");
        foreach (var mail in page.Mails)
        {
            table.Row(
                mail.Id.ToString("D"), Output.Time(mail.Received), mail.Flags, Output.Short(mail.From, 32),
                Output.Short(mail.Subject ?? "(no subject)", 40), Output.Short(mail.Doubt ?? ReasonOf(mail.Flags), 100));
        }

        Output.Print(table);
        MailTable.PrintNext(page);
    }

    /// <summary>The reason for flags that the reader sets without a sentence of its own.</summary>
    private static string? ReasonOf(string? flags) =>
        flags is null ? null : string.Join(' ', Enum.GetValues<ReceiptFlag>()
            .Where(flag => flags.Split(", ").Contains(DepotJson.Word(flag), StringComparer.Ordinal))
            .Select(flag => flag switch
            {
                ReceiptFlag.NoReport => "It came to a journal address and is not a report.",
                ReceiptFlag.AddressesCut =>
                    $"It names more than {Participant.MaxPerReceipt} addresses: the ledger has them all, the index that many.",
                ReceiptFlag.Substitute => "The server sent it in place of a mail that it can't convert.",
                _ => null,
            })
            .OfType<string>());
}
