using System.CommandLine;
using MailDepot.Archive;
using MailDepot.Events;
using MailDepot.Host.Terminal;
using MailDepot.Spool;
using MailDepot.Views;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot quarantine</c>: what needs a person, and what a person can do about it.</summary>
internal static class QuarantineCommand
{
    public static Command Make() => new("quarantine", "Show, read, release or delete tickets that need a person.")
    {
        List(), Show(), Get(), Release(), Delete(),
    };

    private static Command List()
    {
        var command = new Command("list", "List the tickets in quarantine, each with the reason in one sentence.");
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var held = await depot.Get<QuarantineView>().ListAsync(ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(held);
                return CommandLine.Done;
            }

            if (held.IsEmpty)
            {
                Console.WriteLine("Quarantine is empty.");
                return CommandLine.Done;
            }

            var table = Output.Columns("id", "since", "reason", "size", "sentence");
            foreach (var ticket in held)
            {
                table.Row(
                    ticket.Id, Output.Time(ticket.Since), ticket.Reason, Output.Size(ticket.Bytes), Output.Short(ticket.Sentence, 160));
            }

            Output.Print(table);
            return CommandLine.Done;
        });
        return command;
    }

    private static Command Show() => Verb(
        "show",
        "Show a ticket in quarantine: the reason, and what its first line says. If it was deleted: when and why.",
        [],
        OpenDepot.For,
        async (depot, held, parsed, ct) =>
        {
            var (listed, ticket) = await depot.Get<QuarantineView>().ShowAsync(held, ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(new { listed.Id, listed.Name, listed.Since, listed.Reason, listed.Sentence, listed.Bytes, ticket });
                return CommandLine.Done;
            }

            var table = Output.Facts();
            table.Fact("ticket", listed.Id);
            table.Fact("kept as", listed.Name);
            table.Fact("since", Output.Time(listed.Since));
            table.Fact("reason", listed.Reason);
            table.Fact("sentence", listed.Sentence);
            table.Fact("size", $"{Output.Size(listed.Bytes)}, compressed");
            table.Fact("received", ticket is null
                ? "unknown: its first line is no ticket that this version reads"
                : $"{Output.Time(ticket.Received)} {ticket.Source.Description}");
            table.Fact("mail", ticket is null ? null : $"{Output.Size(ticket.Bytes)}, SHA-256 {ticket.Sha256}");
            Output.Print(table);
            return CommandLine.Done;
        },
        DeletedAsync);

    private static Command Get()
    {
        MailOutput? output = null;
        var command = Verb(
            "get",
            "Get the mail as it came on standard output, or in a file with --output.",
            [],
            OpenDepot.For,
            (depot, held, parsed, ct) => WriteAsync(depot, held, parsed, output!, ct));
        output = new MailOutput(command);
        return command;
    }

    private static async Task<int> WriteAsync(
        OpenDepot depot, QuarantinedTicket held, ParseResult parsed, MailOutput output, CancellationToken ct)
    {
        output.Check(parsed);
        if (await depot.Get<QuarantinedTickets>().PayloadAsync(held, ct) is not { } payload)
        {
            await Console.Error.WriteLineAsync(
                $"{CommandLine.Name}: {held.Id} has no mail that can be read: its first line is no ticket that this version reads.");
            return CommandLine.NotDone;
        }

        try
        {
            if (await output.WriteAsync(parsed, payload.Ticket.Sha256, "the ticket", "quarantine", CopyAsync, ct) is not { } written)
            {
                return CommandLine.NotDone;
            }

            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(new { held.Id, written.File, written.Bytes, written.Sha256 });
            }

            return CommandLine.Done;
        }
        catch (InvalidDataException e)
        {
            await Console.Error.WriteLineAsync(
                $"{CommandLine.Name}: The mail of ticket {held.Id} is damaged and can't be read to its end: {Failure.Describe(e)}.");
            return CommandLine.NotDone;
        }

        async Task CopyAsync(Stream destination, CancellationToken token)
        {
            await using var mail = await payload.OpenAsync(token);
            await mail.CopyToAsync(destination, token);
        }
    }

    private static Command Release() => Verb(
        "release",
        "Put a ticket back on the queue: it is archived if the cause of its failure is fixed.",
        [],
        OpenDepot.WithArchiver,
        async (depot, held, parsed, ct) =>
        {
            var log = depot.Get<EventLog>(); // records from here on
            await depot.Get<QuarantinedTickets>().ReleaseAsync(held, ct);
            await log.FlushAsync(ct);
            Output.Answer(
                parsed,
                new { held.Id, Released = true },
                $"Ticket {held.Id} is on the queue again: `maildepot log` shows what happens to it.");
            return CommandLine.Done;
        });

    private static Command Delete()
    {
        var reason = new Option<string>("--reason")
        {
            HelpName = "TEXT",
            Required = true,
            Description = "Why; written to the ledger and the log.",
        };
        return Verb(
            "delete",
            "Delete a ticket for good. One that the archive counts on can only be released.",
            [reason],
            OpenDepot.WithArchiver,
            async (depot, held, parsed, ct) =>
            {
                var why = parsed.GetRequiredValue(reason);
                if (string.IsNullOrWhiteSpace(why))
                {
                    throw new UsageException("--reason is empty: say why the ticket is deleted.");
                }

                if (await depot.Get<QuarantineDeletion>().DeleteAsync(held, why.Trim(), ct) is { } refusal)
                {
                    await Console.Error.WriteLineAsync($"{CommandLine.Name}: {refusal}");
                    return CommandLine.NotDone;
                }

                Output.Answer(parsed, new { held.Id, Deleted = true }, $"Ticket {held.Id} is deleted; ledger and log say why.");
                return CommandLine.Done;
            });
    }

    /// <summary>A verb about one ticket; <paramref name="without"/> runs if the ticket is not in quarantine.</summary>
    private static Command Verb(
        string name,
        string description,
        IReadOnlyList<Option> options,
        Func<ParseResult, OpenDepot> open,
        Func<OpenDepot, QuarantinedTicket, ParseResult, CancellationToken, Task<int>> run,
        Func<OpenDepot, string, ParseResult, CancellationToken, Task<int>>? without = null)
    {
        var id = new Argument<string>("ID")
        {
            Description =
                $"The ticket's id, as `maildepot quarantine list` shows it, or its beginning: at least {IdPrefix.MinDigits} digits.",
        };
        var command = new Command(name, description) { id };
        foreach (var option in options)
        {
            command.Add(option);
        }

        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = open(parsed);
            var wanted = parsed.GetRequiredValue(id);
            if (wanted.Length < IdPrefix.MinDigits)
            {
                await Console.Error.WriteLineAsync(
                    $"{CommandLine.Name}: '{Output.Plain(wanted)}' is too short: give the ticket's id, "
                    + $"or at least the first {IdPrefix.MinDigits} digits of it.");
                return CommandLine.NotDone;
            }

            var found = await depot.Get<QuarantineView>().FindAsync(wanted, ct);
            if (found is [var one])
            {
                return await run(depot, one, parsed, ct);
            }

            if (found.IsEmpty)
            {
                return await (without ?? NothingAsync)(depot, wanted, parsed, ct);
            }

            await Console.Error.WriteLineAsync(
                $"{CommandLine.Name}: Several ids in quarantine begin with {wanted}; give more of the one you mean: "
                + $"{string.Join(", ", found.Select(ticket => ticket.Id))}.");
            return CommandLine.NotDone;
        });
        return command;
    }

    private static async Task<int> NothingAsync(OpenDepot depot, string wanted, ParseResult parsed, CancellationToken ct)
    {
        await Console.Error.WriteLineAsync(
            $"{CommandLine.Name}: Nothing in quarantine is called '{Output.Plain(wanted)}': "
            + "`maildepot quarantine list` shows what there is.");
        return CommandLine.NotDone;
    }

    /// <summary>Shows the ticket's deletion, if it was deleted.</summary>
    private static async Task<int> DeletedAsync(OpenDepot depot, string wanted, ParseResult parsed, CancellationToken ct)
    {
        if (await depot.Get<QuarantineView>().DeletionAsync(wanted, ct) is not { } deleted)
        {
            return await NothingAsync(depot, wanted, parsed, ct);
        }

        DeletionTable.Print(deleted, parsed.GetValue(CommandLine.Json));
        return CommandLine.Done;
    }
}
