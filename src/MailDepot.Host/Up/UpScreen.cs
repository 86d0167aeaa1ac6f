using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Up;

/// <summary>What the user sees while the depot runs; with <c>--json</c>, two lines for a program.</summary>
internal sealed class UpScreen(bool json)
{
    private readonly Lock gate = new();

    /// <summary>Prints a line of text; with <c>--json</c>, on standard error.</summary>
    public void Say(string text)
    {
        lock (gate)
        {
            (json ? Console.Error : Console.Out).WriteLine(text);
        }
    }

    /// <summary>Runs code that prints several lines, keeping other output from mixing in; does nothing with <c>--json</c>.</summary>
    public void Show(Action print)
    {
        if (!json)
        {
            lock (gate)
            {
                print();
            }
        }
    }

    /// <summary>Shows one step of one mail.</summary>
    public void Event(DepotEvent e) => Show(() => Console.WriteLine(EventText.Line(e)));

    /// <summary>Announces that the depot listens.</summary>
    public void Ready(DepotOptions options, IEnumerable<Mailbox> mailboxes, LocalFolder folder, bool ownStorage)
    {
        if (json)
        {
            Output.JsonLine(new
            {
                Ready = true,
                Smtp = $"127.0.0.1:{options.Smtp.Port}",
                WorkStorage = ownStorage ? options.WorkStorage : "as configured",
                Data = folder.Path,
                Environment.ProcessId,
            });
            return;
        }

        Say($"MailDepot is ready: SMTP on 127.0.0.1:{options.Smtp.Port}, data in {folder.Path}.");
        foreach (var recipient in options.Recipients)
        {
            Say(
                $"  mail to {recipient.Pattern} goes to archive container "
                + $"{recipient.Container}{(recipient.Journal ? ", journal reports are split" : "")}");
        }

        foreach (var mailbox in mailboxes)
        {
            Say(mailbox.Obstacle is { } obstacle ? $"  {obstacle.Description}"
                : $"  mailbox {mailbox.Name} on {mailbox.Options.Host} goes to archive container {mailbox.Options.Container}, "
                    + $"{(mailbox.Enabled ? $"collected every {mailbox.Options.Interval}" : "disabled")}");
        }

        Say("");
    }

    /// <summary>Announces that the depot has stopped.</summary>
    public void End(EndLine totals)
    {
        if (json)
        {
            Output.JsonLine(totals);
            return;
        }

        Say(
            $"Stopped. Received {totals.Received}, archived {totals.Archived}, duplicates {totals.Duplicates}, quarantined "
            + $"{totals.Quarantined}.");
    }
}
