using System.CommandLine;
using MailDepot.Host.Terminal;
using MailDepot.Host.Up;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot up</c>: the whole depot on this machine.</summary>
internal static class UpCommand
{
    public static Command Make()
    {
        var demo = new Option<bool>("--demo") { Description = "Send the bundled sample mails and show what happens to them." };
        var exit = new Option<bool>("--exit")
        {
            Description = "With --demo: end with 0 once every sample is where it belongs, with 1 if that takes longer than 60 s.",
        };
        var port = new Option<int?>("--smtp-port")
        {
            HelpName = "N",
            CustomParser = CommandLine.Number,
            Description = "SMTP port on the loopback; 0 or a taken one means a free one. Default 2525.",
        };
        var recipients = new Option<string[]>("--recipient")
        {
            HelpName = "PATTERN=CONTAINER",
            Description = "Accept mail for an address, *@domain or * into this archive container. Repeatable; replaces the "
                + "configured ones.",
        };
        var journal = new Option<string[]>("--journal-recipient")
        {
            HelpName = "PATTERN=CONTAINER",
            Description = "The same for an address that Exchange journals to: reports that arrive here are trusted and split. Repeatable.",
        };
        var command = new Command(
            "up", "Run the whole depot on this machine: storage (Azurite), SMTP endpoint, POP3 collector, archiver, housekeeping.")
        {
            demo, exit, port, recipients, journal,
        };
        command.SetAction((parsed, ct) =>
        {
            var settings = new UpSettings
            {
                Demo = parsed.GetValue(demo),
                Exit = parsed.GetValue(exit),
                Json = parsed.GetValue(CommandLine.Json),
                Data = parsed.GetValue(CommandLine.Data),
                SmtpPort = parsed.GetValue(port),
                Recipients = parsed.GetValue(recipients) ?? [],
                JournalRecipients = parsed.GetValue(journal) ?? [],
            };
            return settings is { Exit: true, Demo: false }
                ? throw new UsageException("--exit ends the run when the samples are archived: add --demo.")
                : LocalDepot.RunAsync(settings, ct);
        });
        return command;
    }
}
