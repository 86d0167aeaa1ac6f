using System.CommandLine;
using MailDepot.Host.Terminal;
using MailDepot.Views;

namespace MailDepot.Host.Commands;

/// <summary><c>maildepot status</c>: what waits, and what the archive containers hold.</summary>
internal static class StatusCommand
{
    public static Command Make()
    {
        var command = new Command("status", "Show the queue, the spool, the quarantine and the archive containers with their counts.");
        command.SetAction(async (parsed, ct) =>
        {
            await using var depot = OpenDepot.For(parsed);
            var status = await depot.Get<StatusView>().ReadAsync(ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(status);
            }
            else
            {
                StatusText.Print(status, depot.Get<TimeProvider>().GetUtcNow());
            }

            return CommandLine.Done;
        });
        return command;
    }
}
