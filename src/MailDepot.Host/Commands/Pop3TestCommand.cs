using System.CommandLine;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot pop3 test</c>: connects, logs in and looks. Nothing is changed.</summary>
internal static class Pop3TestCommand
{
    public static Command Make()
    {
        var name = new Argument<string?>("NAME")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "A mailbox; without it, one that is not added yet: --host, --user and a password.",
        };
        var command = new Command(
            "test", "Connect to a mailbox, log in, and show what is there. Nothing is changed; options override the mailbox's settings.")
        {
            name,
        };
        var (mailbox, password) = (new MailboxArguments(command), new PasswordArguments(command));
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var accounts = depot.Get<MailboxAccounts>();
            var known = parsed.GetValue(name) is { } wanted ? await accounts.FindAsync(wanted, ct) : null;
            var tried = known is null ? new MailboxOptions { Name = "new" } : known.Options.Copy();
            mailbox.Apply(parsed, tried);
            tried.PasswordSetting = password.Setting(parsed) ?? tried.PasswordSetting;
            MailboxArguments.Check(tried);
            var found = await accounts.TestAsync(tried, await password.ReadAsync(parsed, required: known is null, ct), ct);
            return await TellAsync(parsed, tried, found);
        });
        return command;
    }

    private static async Task<int> TellAsync(ParseResult parsed, MailboxOptions mailbox, Pop3ProbeResult found)
    {
        var code = found.Failure is null ? CommandLine.Done : CommandLine.NotDone;
        if (parsed.GetValue(CommandLine.Json))
        {
            Output.Json(found);
            return code;
        }

        if (found.Failure is { } failure)
        {
            await Console.Error.WriteLineAsync($"{CommandLine.Name}: {Output.Plain(failure.Description)}");
            return code;
        }

        var table = Output.Facts();
        table.Fact("server", $"{mailbox.Host}:{mailbox.Port}");
        table.Fact(
            "security",
            $"{(found.Security is { } security ? MailboxTables.Word(security) : "none")}{(found.TlsVersion is { } tls ? $", {tls}" : "")}");
        table.Fact("certificate", found.CertificateSubject is { } subject
            ? $"{subject}, until {(found.CertificateExpires is { } end ? Output.Time(end) : "?")}"
            : null);
        table.Fact("logged in as", mailbox.User);
        table.Fact("capabilities", found.Capabilities.IsEmpty ? "none announced" : string.Join(", ", found.Capabilities));
        table.Fact("in the mailbox", MailboxTables.Mails(found.Mails, found.Bytes));
        Output.Print(table);
        return code;
    }
}
