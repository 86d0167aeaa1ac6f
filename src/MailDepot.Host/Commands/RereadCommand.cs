using System.CommandLine;
using System.Globalization;
using MailDepot.Archive;
using MailDepot.Host.Terminal;
using MailDepot.Views;
using Spectre.Console;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot reread</c>: rereads flagged mails, or those that an earlier version read, with an improved reader.</summary>
internal static class RereadCommand
{
    /// <summary>Without a terminal, a line of progress every so many receipts.</summary>
    private const int ReceiptsALine = 1_000;

    public static Command Make()
    {
        var container = ListCommand.ContainerArgument();
        var flagged = new Option<bool>("--flagged") { Description = "Read the flagged ones: `maildepot flagged list` shows them." };
        var older = new Option<bool>("--older-reader")
        {
            Description = "Read those that an earlier version's reader read; after an interruption the next run continues from there.",
        };
        var command = new Command(
            "reread",
            "Read mails again with this version's reader; what it finds now goes into the ledger and the index. "
            + "Documents stay as they are.")
        {
            container, flagged, older,
        };
        command.SetAction(async (parsed, ct) =>
        {
            if (parsed.GetValue(flagged) == parsed.GetValue(older))
            {
                throw new UsageException(
                    "Say which mails, with one option: `maildepot reread --flagged` reads the flagged ones again, "
                    + "`maildepot reread --older-reader` those that an earlier version read.");
            }

            await using var depot = OpenDepot.WithArchiver(parsed);
            return await ListCommand.ExistsAsync(depot, parsed.GetValue(container), ct)
                ? await RunAsync(depot, parsed.GetValue(container), parsed.GetValue(older), parsed.GetValue(CommandLine.Json), ct)
                : CommandLine.NotDone;
        });
        return command;
    }

    private static async Task<int> RunAsync(OpenDepot depot, string? asked, bool older, bool json, CancellationToken ct)
    {
        var (done, rereading) = (new Tally(older, json), depot.Get<Rereading>());
        var containers = asked is null ? await depot.Get<ContainersView>().NamesAsync(ct) : [asked];
        await WithProgressAsync(done, json, async progress =>
        {
            foreach (var container in containers)
            {
                await (older
                    ? rereading.RereadOlderAsync(container, one => progress(done.Note(one)), ct)
                    : rereading.RereadFlaggedAsync(container, one => progress(done.Note(one)), ct));
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

    /// <summary>A running number on a terminal, otherwise a line now and then; nothing for programs.</summary>
    private static async Task WithProgressAsync(Tally done, bool json, Func<Action<int>, Task> run)
    {
        if (json)
        {
            await run(_ => { });
        }
        else if (!Console.IsOutputRedirected)
        {
            await AnsiConsole.Status().StartAsync("Reading …", status => run(read => status.Status($"{done.Describe(read)} read …")));
        }
        else
        {
            await run(read =>
            {
                if (read % ReceiptsALine == 0)
                {
                    Console.WriteLine($"{done.Describe(read)} read …");
                }
            });
        }
    }

    /// <summary>Counts the results.</summary>
    private sealed class Tally(bool older, bool json)
    {
        private readonly Lock gate = new();

        public int Read { get; private set; }

        public int Changed { get; private set; }

        public int Cleared { get; private set; }

        public int Failed { get; private set; }

        public string Summary => Read == 0 ? older ? "Nothing is left that an earlier version read." : "Nothing is flagged."
            : string.Create(
            CultureInfo.InvariantCulture,
            $"{Describe(Read)} read again: {Changed} with new facts, {Cleared} of them no longer flagged; "
            + $"{Read - Changed - Failed} as before{(Failed == 0 ? "" : $"; {Failed} could not be read")}.");

        public string Describe(int receipts) =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{receipts} {(older ? "" : "flagged ")}receipt{(receipts == 1 ? "" : "s")}{(older ? " of an earlier reader" : "")}");

        /// <summary>Prints a failure or a change of flags; returns how many were read.</summary>
        public int Note(Reread one)
        {
            lock (gate)
            {
                Read++;
                Changed += one.Result is RereadResult.Changed ? 1 : 0;
                Cleared += one is { Result: RereadResult.Changed, Before: not null, After: null } ? 1 : 0;
                Failed += one.Result is RereadResult.Failed ? 1 : 0;
                if (one.Result is RereadResult.Failed && !json)
                {
                    Console.Error.WriteLine($"{CommandLine.Name}: {Output.Plain(one.Doubt)}");
                }
                else if (one.Result is not RereadResult.Same && json)
                {
                    Output.JsonLine(one);
                }
                else if (one.Result is RereadResult.Changed && !(older && one.Before == one.After))
                {
                    var after = one.After ?? (one.Before is null ? "not flagged" : "not flagged any more");
                    var doubt = one.Doubt is null ? "" : $". {one.Doubt}";
                    Console.WriteLine(Output.Plain($"{one.Id:D}: was {one.Before ?? "not flagged"}, is {after}{doubt}"));
                }

                return Read;
            }
        }
    }
}
