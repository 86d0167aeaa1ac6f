using System.CommandLine;
using MailDepot.Host.Roles;

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
        command.SetAction((_, ct) => RoleHost.ReceiveAsync(ct));
        return command;
    }

    public static Command MakeWorker()
    {
        var command = new Command(
            "worker",
            "Run the archiver, the POP3 collector and housekeeping alone, as the Functions app does on Azure; "
            + "HTTP /live and /ready on MailDepot:HealthPort.");
        command.SetAction((_, ct) => RoleHost.WorkAsync(ct));
        return command;
    }
}
