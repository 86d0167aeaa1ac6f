using System.CommandLine;
using MailDepot.Host.Terminal;
using MailDepot.Index;
using MailDepot.Views;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot list</c>: mails, newest first.</summary>
internal static class ListCommand
{
    private const int DefaultCount = 20;

    /// <summary>A page is one request of at most 1,000 rows (Azure "Query timeout and pagination").</summary>
    private const int MaxCount = 500;

    public static Command Make()
    {
        var container = ContainerArgument();
        var participant = new Option<string?>("--participant")
        {
            HelpName = "ADDRESS",
            Description = "Only mails in which this address has a role.",
        };
        var count = CountOption("Mails");
        var after = AfterOption();
        var command = new Command("list", "List mails, newest first: one line per document.") { container, participant, count, after };
        command.SetAction((parsed, ct) => RunAsync(
            parsed, parsed.GetValue(container), parsed.GetValue(participant), Count(parsed, count), parsed.GetValue(after), ct));
        return command;
    }

    /// <summary>The archive container; none means all of them.</summary>
    public static Argument<string?> ContainerArgument()
    {
        var container = new Argument<string?>("CONTAINER")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "Archive container; without it, all of them.",
        };
        container.Validators.Add(result =>
        {
            // the parser takes a misspelt option for the name of a container, and no name begins like one
            if (result.Tokens is [{ Value: ['-', ..] option }])
            {
                result.AddError($"There is no option '{Output.Plain(option)}' here.");
            }
        });
        return container;
    }

    /// <summary>The page's size.</summary>
    public static Option<int?> CountOption(string what) => new("--count")
    {
        HelpName = "N",
        CustomParser = CommandLine.Number,
        Description = $"{what} per page, 1 to {MaxCount}. Default {DefaultCount}.",
    };

    /// <summary>The mail after which the page begins.</summary>
    public static Option<IdPrefix?> AfterOption() => new("--after")
    {
        HelpName = "ID",
        CustomParser = ReceiptId.Parse,
        Description = "Continue after this mail: the next page.",
    };

    /// <summary>The page's start; false if the beginning of an id leads to no mail, which standard error then says.</summary>
    public static async Task<(bool Exists, Guid? Id)> AfterAsync(OpenDepot depot, IdPrefix? after, CancellationToken ct)
    {
        if (after is null || after.First == after.Last)
        {
            return (true, after?.First);
        }

        return await ReceiptId.FindAsync(depot, after, ct) is { Receipt.Id: var id } ? (true, id) : (false, null);
    }

    /// <summary>The requested count, or the default.</summary>
    /// <exception cref="UsageException">It is out of range.</exception>
    public static int Count(ParseResult parsed, Option<int?> option) => (parsed.GetValue(option) ?? DefaultCount) switch
    {
        >= 1 and <= MaxCount and var count => count,
        var count => throw new UsageException($"--count is {count}: a page has 1 to {MaxCount} mails."),
    };

    /// <summary>Whether the requested archive container exists; if not, says so on standard error.</summary>
    public static async Task<bool> ExistsAsync(OpenDepot depot, string? container, CancellationToken ct)
    {
        if (container is null || await depot.Get<ContainersView>().HasAsync(container, ct))
        {
            return true;
        }

        await Console.Error.WriteLineAsync(
            $"{CommandLine.Name}: There is no archive container '{Output.Plain(container)}': "
            + "`maildepot container list` shows those there are.");
        return false;
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, string? container, string? participant, int count, IdPrefix? start, CancellationToken ct)
    {
        await using var depot = OpenDepot.For(parsed);
        if (!await ExistsAsync(depot, container, ct) || await AfterAsync(depot, start, ct) is not (true, var after))
        {
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
            MailTable.Print(page, roles: participant is not null);
        }

        return CommandLine.Done;
    }
}
