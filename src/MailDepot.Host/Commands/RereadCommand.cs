using System.CommandLine;
using System.Globalization;
using MailDepot.Archive;
using MailDepot.Storage;
using Spectre.Console;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot reread --flagged</c>: reads flagged mails again, after the reader has become better.</summary>
internal static class RereadCommand
{
    /// <summary>Without a terminal, a line of progress for each so many receipts.</summary>
    private const int ReceiptsALine = 1_000;

    public static Command Make()
    {
        var container = ListCommand.ContainerArgument();
        var flagged = new Option<bool>("--flagged") { Description = "Read the flagged ones: `maildepot flagged list` shows them." };
        var command = new Command("reread", "Read mails again with the reader of this version; what it finds anew goes into the ledger and the index. Documents stay as they are.") { container, flagged };
        command.SetAction(async (parsed, ct) =>
        {
            if (!parsed.GetValue(flagged))
            {
                throw new UsageException("Say which mails: `maildepot reread --flagged` reads the flagged ones again.");
            }

            await using var depot = OpenDepot.For(parsed);
            return await ListCommand.IsThereAsync(depot, parsed.GetValue(container), ct)
                ? await RunAsync(depot, parsed.GetValue(container), parsed.GetValue(CommandLine.Json), ct)
                : CommandLine.NotDone;
        });
        return command;
    }

    private static async Task<int> RunAsync(OpenDepot depot, string? asked, bool json, CancellationToken ct)
    {
        var done = new Tally(json);
        var containers = asked is null ? await depot.Get<DepotStorage>().ArchivesAsync(ct).ToListAsync(ct) : [asked];
        await WithProgressAsync(json, async progress =>
        {
            foreach (var container in containers)
            {
                await depot.Get<Rereading>().RereadFlaggedAsync(container, one => progress(done.Note(one)), ct);
            }
        });
        if (json)
        {
            Output.JsonLine(new { done.Read, done.Changed, done.Cleared, done.Failed });
        }
        else
        {
            Console.WriteLine(done.Summary);
        }

        return done.Failed == 0 ? CommandLine.Done : CommandLine.NotDone;
    }

    /// <summary>A running number on a terminal; else a line now and then; for programs nothing.</summary>
    private static async Task WithProgressAsync(bool json, Func<Action<int>, Task> run)
    {
        if (json)
        {
            await run(_ => { });
        }
        else if (!Console.IsOutputRedirected)
        {
            await AnsiConsole.Status().StartAsync("Reading …", status => run(read => status.Status($"{Words(read)} read …")));
        }
        else
        {
            await run(read =>
            {
                if (read % ReceiptsALine == 0)
                {
                    Console.WriteLine($"{Words(read)} read …");
                }
            });
        }
    }

    private static string Words(int receipts) => string.Create(CultureInfo.InvariantCulture, $"{receipts} flagged receipt{(receipts == 1 ? "" : "s")}");

    /// <summary>What came of all of them.</summary>
    private sealed class Tally(bool json)
    {
        private readonly Lock gate = new();

        public int Read { get; private set; }

        public int Changed { get; private set; }

        public int Cleared { get; private set; }

        public int Failed { get; private set; }

        public string Summary => Read == 0 ? "Nothing is flagged." : string.Create(
            CultureInfo.InvariantCulture,
            $"{Words(Read)} read again: {Changed} with new facts, {Cleared} of them no longer flagged; {Read - Changed - Failed} as before{(Failed == 0 ? "" : $"; {Failed} could not be read")}.");

        /// <summary>Prints what changed or failed; returns how many were read.</summary>
        public int Note(Reread one)
        {
            lock (gate)
            {
                Read++;
                Changed += one.Result is RereadResult.Changed ? 1 : 0;
                Cleared += one is { Result: RereadResult.Changed, After: null } ? 1 : 0;
                Failed += one.Result is RereadResult.Failed ? 1 : 0;
                if (one.Result is RereadResult.Failed && !json)
                {
                    Console.Error.WriteLine($"{CommandLine.Name}: {Output.Plain(one.Doubt)}");
                }
                else if (one.Result is not RereadResult.Same && json)
                {
                    Output.JsonLine(one);
                }
                else if (one.Result is RereadResult.Changed)
                {
                    Console.WriteLine(Output.Plain($"{one.Id:D}: was {one.Before}, is {one.After ?? "not flagged any more"}{(one.Doubt is null ? "" : $". {one.Doubt}")}"));
                }

                return Read;
            }
        }
    }
}
