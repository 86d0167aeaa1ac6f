using System.CommandLine;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot pop3 add</c>, <c>edit</c>, <c>remove</c>, <c>enable</c>, <c>disable</c>.</summary>
internal static class Pop3Changes
{
    public static Command MakeAdd()
    {
        var name = new Argument<string>("NAME") { Description = "Its name here: letters, digits and . _ @ + -" };
        var command = new Command("add", "Add a mailbox: it is collected, and emptied, from now on. Asks for the password.") { name };
        var (mailbox, password) = (new MailboxArguments(command), new PasswordArguments(command));
        command.SetAction((parsed, ct) => RunAsync(parsed, async accounts =>
        {
            var added = new MailboxOptions { Name = parsed.GetRequiredValue(name), PasswordSetting = password.Setting(parsed) ?? "" };
            mailbox.Apply(parsed, added);
            MailboxArguments.Check(added);
            await accounts.AddAsync(added, await password.ReadAsync(parsed, required: true, ct), ct);
            await WarnAsync(added);
            Output.Answer(
                parsed,
                new { added.Name, Added = true },
                $"Mailbox {added.Name} is added: it is collected within a minute, or at once with `maildepot pop3 poll {added.Name}`.");
        }, ct));
        return command;
    }

    public static Command MakeEdit()
    {
        var name = Pop3Command.Name();
        var command = new Command("edit", "Change a mailbox that was added. What is not given stays as it is.") { name };
        var (mailbox, password) = (new MailboxArguments(command), new PasswordArguments(command));
        command.SetAction((parsed, ct) => !IsChange(parsed) ? throw NothingToChange() : RunAsync(parsed, async accounts =>
        {
            var typed = await password.ReadAsync(parsed, required: false, ct);
            var edited = await accounts.EditAsync(
                parsed.GetRequiredValue(name),
                options =>
                {
                    mailbox.Apply(parsed, options);
                    options.PasswordSetting = password.Setting(parsed) ?? options.PasswordSetting;
                    MailboxArguments.Check(options);
                },
                typed,
                ct);
            await WarnAsync(edited);
            Output.Answer(
                parsed, new { edited.Name, Changed = true }, $"Mailbox {edited.Name} is changed: the next visit uses the new settings.");
        }, ct));
        return command;

        bool IsChange(ParseResult parsed) => command.Options.Any(option => parsed.GetResult(option) is { Implicit: false });

        static UsageException NothingToChange() =>
            new($"Nothing to change: give an option, see `{CommandLine.Name} pop3 edit --help`.");
    }

    public static Command MakeRemove()
    {
        var name = Pop3Command.Name();
        var command = new Command(
            "remove",
            "Remove a mailbox that was added, and its password. Its mail in the archive stays, and so does what is on the server.")
        {
            name,
        };
        command.SetAction((parsed, ct) => RunAsync(parsed, async accounts =>
        {
            var removed = parsed.GetRequiredValue(name);
            await accounts.RemoveAsync(removed, ct);
            Output.Answer(parsed, new { Name = removed, Removed = true }, $"Mailbox {removed} is removed.");
        }, ct));
        return command;
    }

    public static Command MakeEnable() => MakeSwitch("enable", "Collect a mailbox again.", enabled: true);

    public static Command MakeDisable() => MakeSwitch("disable", "Stop collecting a mailbox until it is enabled again.", enabled: false);

    private static Command MakeSwitch(string verb, string description, bool enabled)
    {
        var name = Pop3Command.Name();
        var command = new Command(verb, description) { name };
        command.SetAction((parsed, ct) => RunAsync(parsed, async accounts =>
        {
            var mailbox = parsed.GetRequiredValue(name);
            var changed = await accounts.EnableAsync(mailbox, enabled, ct);
            Output.Answer(
                parsed, new { Name = mailbox, Enabled = enabled }, $"Mailbox {mailbox} {(changed ? "is" : "was already")} {verb}d.");
        }, ct));
        return command;
    }

    private static async Task WarnAsync(MailboxOptions mailbox)
    {
        if (mailbox.LeaveOnServer)
        {
            await Console.Error.WriteLineAsync(
                $"{CommandLine.Name}: Mailbox {mailbox.Name} leaves its mails on the server: it grows, and each poll lists all of it. "
                + $"End that after the trial with `maildepot pop3 edit {mailbox.Name} --leave-on-server false`.");
        }
    }

    /// <summary>Makes the change, and flushes the log before the verb ends.</summary>
    private static async Task<int> RunAsync(ParseResult parsed, Func<MailboxAccounts, Task> change, CancellationToken ct)
    {
        await using var depot = OpenDepot.For(parsed);
        var log = depot.Get<EventLog>(); // records from here on
        await change(depot.Get<MailboxAccounts>());
        await log.FlushAsync(ct);
        return CommandLine.Done;
    }
}
