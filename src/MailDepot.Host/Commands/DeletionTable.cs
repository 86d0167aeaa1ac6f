using MailDepot.Host.Terminal;
using MailDepot.Ledger;
using Spectre.Console;

namespace MailDepot.Host.Commands;

/// <summary>What the ledger says about a ticket that a person deleted from quarantine.</summary>
internal static class DeletionTable
{
    public static void Print(DeletedTicket deleted, bool json)
    {
        if (json)
        {
            Output.Json(deleted);
            return;
        }

        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn(new TableColumn("").NoWrap().PadRight(2)).AddColumn("");
        Line("ticket", deleted.Ticket?.ToString("D") ?? deleted.Name[(deleted.Name.LastIndexOf('/') + 1)..]);
        Line("deleted", $"{Output.Time(deleted.Time)}, as recorded in the ledger of {deleted.Container}");
        Line("because", deleted.Why);
        Line("quarantined", Output.Time(deleted.Quarantined));
        Line("reason", deleted.Reason);
        Line("sentence", deleted.Sentence);
        Line("received", deleted is { Received: { } received, Source: { } source }
            ? $"{Output.Time(received)} {source.Description}"
            : "unknown: its first line was no readable ticket");
        Line("mail", deleted is { Bytes: { } bytes, Sha256: { } sha256 } ? $"{Output.Size(bytes)}, SHA-256 {sha256}" : null);
        Output.Print(table);

        void Line(string name, string? value)
        {
            if (value is not null)
            {
                table.AddRow(new Markup($"[bold]{name}[/]"), new Text(Output.Plain(value)));
            }
        }
    }
}
