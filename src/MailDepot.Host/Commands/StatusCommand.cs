using System.CommandLine;
using MailDepot.Index;
using MailDepot.Spool;
using MailDepot.Storage;

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
            var status = await DepotStatus.ReadAsync(depot.Get<DepotStorage>(), depot.Get<Counts>(), ct);
            if (parsed.GetValue(CommandLine.Json))
            {
                Output.Json(status);
            }
            else
            {
                status.Print(depot.Get<TimeProvider>().GetUtcNow());
            }

            return CommandLine.Done;
        });
        return command;
    }
}

/// <summary>The whole depot at one glance.</summary>
/// <param name="Queue">What waits.</param>
/// <param name="Containers">What is archived, by archive container.</param>
internal sealed record DepotStatus(QueueView Queue, IReadOnlyDictionary<string, ContainerCount> Containers)
{
    public static async Task<DepotStatus> ReadAsync(DepotStorage storage, Counts counts, CancellationToken ct) =>
        new(await QueueView.ReadAsync(storage, ct), await ContainerTable.ReadAsync(storage, counts, ct));

    public void Print(DateTimeOffset now)
    {
        var age = Queue.Oldest is { } oldest ? $", the oldest for {(now - oldest).TotalSeconds:0} s" : "";
        Console.WriteLine($"archive queue   about {Queue.Depth} {(Queue.Depth == 1 ? "ticket" : "tickets")}{age}");
        Console.WriteLine($"spool           {Queue.Spooled} large {(Queue.Spooled == 1 ? "mail" : "mails")}");
        Console.WriteLine($"quarantine      {Queue.Quarantined}{(Queue.Quarantined == 0 ? "" : "  needs a person")}");
        Console.WriteLine();

        Output.Print(ContainerTable.Make(Containers));
    }
}
