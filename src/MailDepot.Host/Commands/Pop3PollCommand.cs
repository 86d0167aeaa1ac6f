using System.CommandLine;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot pop3 poll</c>: requests a visit to a mailbox now, and shows its progress.</summary>
internal static class Pop3PollCommand
{
    /// <summary>
    /// Above a minute: Functions may look at a queue only every 30 s (<c>maxPollingInterval</c> of <c>host.json</c>),
    /// and have to start first.
    /// </summary>
    private const int DefaultSeconds = 120;

    /// <summary>How long a requested poll stays on the queue.</summary>
    internal static readonly TimeSpan RequestWaits = TimeSpan.FromMinutes(10);

    public static Command Make()
    {
        var name = Pop3Command.Name();
        var noWait = new Option<bool>("--no-wait") { Description = "Request it, and end." };
        var timeout = new Option<int?>("--timeout")
        {
            HelpName = "SECONDS",
            CustomParser = CommandLine.Number,
            Description = $"How long to wait for the visit to begin; once begun, it is followed to its end. Default {DefaultSeconds}.",
        };
        var command = new Command("poll", "Collect a mailbox now, even while failed logins pause it, and show its progress.")
        {
            name, noWait, timeout,
        };
        command.SetAction((parsed, ct) => RunAsync(
            parsed, parsed.GetRequiredValue(name), parsed.GetValue(noWait),
            TimeSpan.FromSeconds(parsed.GetValue(timeout) ?? DefaultSeconds), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string name, bool noWait, TimeSpan patience, CancellationToken ct)
    {
        await using var depot = OpenDepot.For(parsed);
        var before = await depot.Get<MailboxAccounts>().PollAsync(name, ct);
        if (noWait)
        {
            Output.Answer(
                parsed,
                new { name, Asked = true },
                $"A visit to mailbox {name} is requested: `maildepot pop3 show {name}` shows its result.");
            return CommandLine.Done;
        }

        var json = parsed.GetValue(CommandLine.Json);
        var poll = new FollowedPoll(depot.Get<MailboxDirectory>(), depot.Get<TimeProvider>(), Say);
        Say($"A visit to mailbox {name} is requested.");
        return await TellAsync(await poll.RunAsync(before, patience, ct), name, json, patience);

        void Say(string line)
        {
            if (!json)
            {
                Console.WriteLine(Output.Plain(line));
            }
        }
    }

    private static async Task<int> TellAsync(Mailbox? after, string name, bool json, TimeSpan patience)
    {
        if (after is null)
        {
            await Console.Error.WriteLineAsync(
                $"{CommandLine.Name}: Nobody has begun to collect {name} within {patience.TotalSeconds:0} s: "
                + "check that `maildepot up`, `maildepot worker` or the Functions app runs. "
                + $"The request waits for {RequestWaits.TotalMinutes:0} minutes.");
            return CommandLine.NotDone;
        }

        var state = after.State;
        if (json)
        {
            Output.Json(new
            {
                name,
                state.Result,
                Failed = state.Failing,
                Failure = state.Failing ? state.Failure : null,
                state.Progress.Collected,
                state.Waiting,
            });
        }
        else if (state.Failing)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: {Output.Plain(state.Result)}");
        }

        return state.Failing ? CommandLine.NotDone : CommandLine.Done;
    }
}
