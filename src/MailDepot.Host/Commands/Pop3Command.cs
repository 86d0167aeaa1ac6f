using System.CommandLine;
using MailDepot.Pop3;
using Microsoft.Extensions.Options;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot pop3 list</c>: the mailboxes that are collected, and how their last poll went.</summary>
internal static class Pop3Command
{
    public static Command Make()
    {
        var list = new Command("list", "List the mailboxes: where they are, when they were polled, and with what result.");
        list.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var states = await depot.Get<MailboxBook>().ReadAsync(ct);
            var mailboxes = depot.Get<IOptions<DepotOptions>>().Value.Mailboxes
                .Select(mailbox => ListedMailbox.Of(mailbox, states.GetValueOrDefault(mailbox.Name, MailboxState.New)))
                .ToList();
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(mailboxes);
            }
            else
            {
                Print(mailboxes);
            }

            return CommandLine.Done;
        });
        return new Command("pop3", "The mailboxes that are collected by POP3.") { list };
    }

    private static void Print(List<ListedMailbox> mailboxes)
    {
        if (mailboxes.Count == 0)
        {
            Console.WriteLine("No mailboxes: add one to MailDepot:Mailboxes, README.md shows how.");
            return;
        }

        var table = Output.Columns("mailbox", "server", "security", "user", "container", "last poll", "waiting", "collected", "result");
        foreach (var mailbox in mailboxes)
        {
            table.Row(
                mailbox.Name, mailbox.Server, mailbox.Security, mailbox.User, mailbox.Container + (mailbox.Journal ? " (journal)" : ""),
                mailbox.Polled is { } time ? Output.Time(time) : "–", $"{mailbox.Waiting}", $"{mailbox.Collected}", mailbox.Result ?? "not polled yet");
        }

        Output.Print(table);
    }
}

/// <summary>A mailbox as the list shows it.</summary>
/// <param name="Server">Host and port.</param>
/// <param name="Security"><c>none</c>, <c>starttls</c> or <c>tls</c>.</param>
/// <param name="Polled">When the last visit ended.</param>
/// <param name="NextDue">When the next poll is due; absent if none was.</param>
internal sealed record ListedMailbox(
    string Name, string Server, string Security, string User, string Container, bool Journal, TimeSpan Interval, DateTimeOffset? Polled, DateTimeOffset? NextDue,
    string? Result, bool Failing, int Waiting, long Collected)
{
    public static ListedMailbox Of(MailboxOptions mailbox, MailboxState state) => new(
        mailbox.Name, $"{mailbox.Host}:{mailbox.Port}", mailbox.Security.ToString().ToLowerInvariant(), mailbox.User, mailbox.Container, mailbox.Journal,
        mailbox.Interval, state.Polled, state.NextDue(mailbox), state.Result, state.Failing, state.Waiting, state.Collected);
}
