using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailDepot.Base;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Connectors.Pop3.Visit;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot pop3 list</c>, <c>show</c> and <c>queue</c>.</summary>
internal static class Pop3Views
{
    public static Command MakeList() => MakeTable(
        "list", "List the mailboxes: how they are, what waits in them, and what went wrong last.", ListedMailbox.Of, MailboxTables.List);

    public static Command MakeQueue() => MakeTable(
        "queue", "Show what waits in the mailboxes, what is being collected, and what is collected and not yet deleted there.", QueuedMailbox.Of, MailboxTables.Queue);

    public static Command MakeShow()
    {
        var name = Pop3Command.Name();
        var command = new Command("show", "Show everything that is known of a mailbox but its password, and the way out of its last error.") { name };
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var mailbox = await depot.Get<MailboxAccounts>().FindAsync(parsed.GetRequiredValue(name), ct);
            var now = depot.Get<TimeProvider>().GetUtcNow();
            var place = mailbox.Options.PasswordSetting.Length > 0 ? $"setting {mailbox.Options.PasswordSetting}" : depot.Get<IPasswordStore>().Place;
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(new { Condition = mailbox.Condition(now), mailbox.Obstacle, mailbox.Configured, mailbox.Enabled, mailbox.NextDue, PasswordIn = place, Settings = Settings(mailbox.Options), mailbox.State });
            }
            else
            {
                Output.Print(MailboxTables.Show(mailbox, place, now));
            }

            return CommandLine.Done;
        });
        return command;
    }

    /// <summary>For programs, without what people do not see either.</summary>
    private static JsonNode Settings(MailboxOptions options)
    {
        var settings = JsonSerializer.SerializeToNode(options, DepotJson.Options)!;
        settings["healthUrl"] = options.HealthUrl.Length > 0 ? HealthPing.Shown(options.HealthUrl) : "";
        return settings;
    }

    private static Command MakeTable<T>(string verb, string description, Func<Mailbox, DateTimeOffset, T> row, Func<IReadOnlyList<Mailbox>, DateTimeOffset, Spectre.Console.Table> table)
    {
        var command = new Command(verb, description);
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var mailboxes = await depot.Get<MailboxDirectory>().ListAsync(ct);
            var now = depot.Get<TimeProvider>().GetUtcNow();
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(mailboxes.Select(mailbox => row(mailbox, now)));
            }
            else if (mailboxes.IsEmpty)
            {
                Console.WriteLine("No mailboxes: `maildepot pop3 add` adds one, and so does MailDepot:Mailboxes; src/guides/pop3.md shows how.");
            }
            else
            {
                Output.Print(table(mailboxes, now));
            }

            return CommandLine.Done;
        });
        return command;
    }
}

/// <summary>A mailbox as the list has it for programs.</summary>
/// <param name="Server">Host and port.</param>
/// <param name="Polled">When the last visit ended.</param>
/// <param name="Succeeded">When one last ran to its end, also if it left single mails to a person.</param>
/// <param name="NextDue">When the next poll is due; absent if it is due at once, or disabled.</param>
/// <param name="Waiting">Mails still to be collected, as they were last seen.</param>
/// <param name="WaitingBytes">Their octets.</param>
/// <param name="Substitutes">Of the waiting ones, mails in whose place the server sends a substitute.</param>
/// <param name="Collected">Mails in all.</param>
/// <param name="Failures">Visits that failed one after the other; 0 if the last one went well.</param>
/// <param name="Failure">What went wrong last, also when it is over.</param>
/// <param name="Obstacle">Why it can't be collected as it is; absent if nothing is in the way.</param>
internal sealed record ListedMailbox(
    string Name, MailboxCondition Condition, bool Configured, bool Enabled, string Server, string Security, string User, string Container, bool Journal, TimeSpan Interval,
    DateTimeOffset? Polled, DateTimeOffset? Succeeded, DateTimeOffset? NextDue, int Waiting, long WaitingBytes, int Substitutes, long Collected, string? Result, int Failures,
    DateTimeOffset? FailingSince, DateTimeOffset? FailedAt, Pop3Failure? Failure, Pop3Failure? Obstacle)
{
    public static ListedMailbox Of(Mailbox mailbox, DateTimeOffset now)
    {
        var (options, state) = (mailbox.Options, mailbox.State);
        return new(
            options.Name, mailbox.Condition(now), mailbox.Configured, mailbox.Enabled, $"{options.Host}:{options.Port}", MailboxTables.Word(options.Security), options.User, options.Container,
            options.Journal, options.Interval, state.Polled, state.Succeeded, mailbox.NextDue, state.Waiting, state.Progress.WaitingBytes, state.Progress.Substitutes, state.Collected, state.Result,
            state.Failures, state.FailingSince, state.FailedAt, state.Failure, mailbox.Obstacle);
    }
}

/// <summary>A mailbox as the queue view has it for programs.</summary>
/// <param name="Stage">Where the visit is; idle when there is none.</param>
/// <param name="Waiting">Mails still to be collected.</param>
/// <param name="Collected">Mails that this visit, or the last one, made durable.</param>
/// <param name="Undeleted">Mails that are durable and still in the mailbox.</param>
/// <param name="AsOf">When that was so; absent if nobody has been there.</param>
internal sealed record QueuedMailbox(string Name, VisitStage Stage, int Waiting, long WaitingBytes, int Collected, long CollectedBytes, int Undeleted, DateTimeOffset? AsOf)
{
    public static QueuedMailbox Of(Mailbox mailbox, DateTimeOffset now)
    {
        var progress = mailbox.State.Progress;
        var stage = mailbox.IsCollecting(now) ? progress.Stage : VisitStage.Idle;
        return new(mailbox.Name, stage, progress.Waiting, progress.WaitingBytes, progress.Collected, progress.CollectedBytes, progress.Undeleted, mailbox.State.Progressed);
    }
}
