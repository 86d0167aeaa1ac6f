using System.CommandLine;
using MailDepot.Host.Roles;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot smtp</c> and <c>maildepot worker</c>: one part of the depot, as a container runs it.</summary>
internal static class RoleCommands
{
    public static Command MakeSmtp()
    {
        var command = new Command(
            "smtp", "Run the SMTP endpoint alone, over the storage in the settings; HTTP /live and /ready on MailDepot:HealthPort.")
        {
            SmtpAddressCommand.Make(), SmtpTestCommand.Make(),
        };
        command.SetAction((parsed, ct) =>
        {
            RefuseUnused(parsed);
            return RoleHost.ReceiveAsync(ct);
        });
        return command;
    }

    public static Command MakeWorker()
    {
        var command = new Command(
            "worker",
            "Run the archiver, the POP3 collector and housekeeping alone, as the Functions app does on Azure; "
            + "HTTP /live and /ready on MailDepot:HealthPort.");
        command.SetAction((parsed, ct) =>
        {
            RefuseUnused(parsed);
            return RoleHost.WorkAsync(ct);
        });
        return command;
    }

    /// <summary>The options that every verb has, also the verbs below <c>smtp</c>, mean nothing to a role.</summary>
    /// <exception cref="UsageException">One was given.</exception>
    private static void RefuseUnused(ParseResult parsed)
    {
        if (parsed.GetValue(CommandLine.Data) is not null)
        {
            throw new UsageException("`--data` is for a local depot; the roles take their storage from the settings.");
        }

        if (parsed.GetValue(CommandLine.Json))
        {
            throw new UsageException("`--json` is for verbs that print an answer; the roles only log, as lines of text.");
        }
    }
}
