using MailDepot.Base;
using MailDepot.Host.Terminal;
using MailDepot.Ledger;

namespace MailDepot.Host.Commands;

/// <summary>What the ledger says about a ticket that a person deleted from quarantine.</summary>
internal static class DeletionTable
{
    public static void Print(DeletedTicket deleted, bool json)
    {
        var reason = DepotJson.Word(deleted.Reason);
        if (json)
        {
            Output.Json(deleted with { Reason = reason });
            return;
        }

        var table = Output.Facts();
        table.Fact("ticket", deleted.Ticket?.ToString("D") ?? deleted.Name[(deleted.Name.LastIndexOf('/') + 1)..]);
        table.Fact("deleted", $"{Output.Time(deleted.Time)}, as recorded in the ledger of {deleted.Container}");
        table.Fact("because", deleted.Why);
        table.Fact("quarantined", Output.Time(deleted.Quarantined));
        table.Fact("reason", reason);
        table.Fact("sentence", deleted.Sentence);
        table.Fact("received", deleted is { Received: { } received, Source: { } source }
            ? $"{Output.Time(received)} {source.Description}"
            : "unknown: its first line was no readable ticket");
        table.Fact("mail", deleted is { Bytes: { } bytes, Sha256: { } sha256 } ? $"{Output.Size(bytes)}, SHA-256 {sha256}" : null);
        Output.Print(table);
    }
}
