using System.Collections.Immutable;
using System.CommandLine;
using MailDepot.Host.Terminal;
using MailDepot.Views;
using Spectre.Console;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot pop3 list</c>, <c>show</c> and <c>queue</c>.</summary>
internal static class Pop3Lists
{
    public static Command MakeList() => MakeTable(
        "list", "List the mailboxes: how they are, what waits in them, and what went wrong last.",
        (depot, ct) => depot.Get<MailboxesView>().ListAsync(ct), MailboxTables.List);

    public static Command MakeQueue() => MakeTable(
        "queue", "Show what waits in the mailboxes, what is being collected, and what is collected and not yet deleted there.",
        (depot, ct) => depot.Get<QueuesView>().MailboxesAsync(ct), (mailboxes, _) => MailboxTables.Queue(mailboxes));

    public static Command MakeShow()
    {
        var name = Pop3Command.Name();
        var command = new Command("show", "Show everything known about a mailbox except its password, and how to fix its last error.")
        {
            name,
        };
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var mailbox = await depot.Get<MailboxesView>().ShowAsync(parsed.GetRequiredValue(name), ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(mailbox);
            }
            else
            {
                Output.Print(MailboxTables.Show(mailbox, depot.Get<TimeProvider>().GetUtcNow()));
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static Command MakeTable<T>(
        string verb,
        string description,
        Func<OpenDepot, CancellationToken, Task<ImmutableArray<T>>> read,
        Func<IReadOnlyList<T>, DateTimeOffset, Table> table)
    {
        var command = new Command(verb, description);
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var mailboxes = await read(depot, ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(mailboxes);
            }
            else if (mailboxes.IsEmpty)
            {
                Console.WriteLine(
                    "No mailboxes: `maildepot pop3 add` adds one, and so does MailDepot:Mailboxes; src/guides/pop3.md shows how.");
            }
            else
            {
                Output.Print(table(mailboxes, depot.Get<TimeProvider>().GetUtcNow()));
            }

            return CommandLine.Done;
        });
        return command;
    }
}
