using MailDepot.Views;

namespace MailDepot.Host.Terminal;

/// <summary>The depot's status as <c>status</c> and the end of the demo show it.</summary>
internal static class StatusText
{
    public static void Print(DepotStatus status, DateTimeOffset now)
    {
        var queue = status.Queue;
        var age = queue.Oldest is { } oldest ? $", the oldest for {(now - oldest).TotalSeconds:0} s" : "";
        Console.WriteLine($"archive queue   about {queue.Depth} {(queue.Depth == 1 ? "ticket" : "tickets")}{age}");
        Console.WriteLine($"spool           {queue.Spooled} large {(queue.Spooled == 1 ? "mail" : "mails")}");
        Console.WriteLine($"quarantine      {queue.Quarantined}{(queue.Quarantined == 0 ? "" : "  needs a person")}");
        Console.WriteLine();

        Output.Print(ContainerTable.Make(status.Containers));
    }
}
