using System.Collections.Immutable;
using MailDepot.Host.Terminal;
using MailDepot.Mail;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>The figures for people.</summary>
internal static class IngestTables
{
    public static void Print(IngestFigures figures)
    {
        Console.WriteLine(
            $"{figures.Cores} cores, {figures.Runtime}, {figures.System}; "
            + $"{figures.Participants} participants per mail, out of {figures.Addresses} addresses");
        if (!figures.Speed.IsEmpty)
        {
            PrintSpeed(figures.Speed);
            PrintRequests(figures.Speed);
        }

        PrintCalls(figures.CallsInARow);
        PrintMemory(figures.Memory);
        GoalFigures.Print(figures.Goals);
    }

    private static void PrintMemory(MemoryFigures? figures)
    {
        if (figures is { } memory)
        {
            Console.WriteLine();
            var sizes = $"{memory.Mails} mails of {ByteSize.Format(memory.AttachmentBytes)} at once: "
                + $"peak RSS {ByteSize.Format(memory.PeakBytes)} "
                + $"(ready {ByteSize.Format(memory.IdlePeakBytes)}, accepted {ByteSize.Format(memory.AcceptedPeakBytes)})";
            Console.WriteLine(Text(
                $"{sizes}; accepted in {memory.AcceptedSeconds:0} s, archived in {memory.ArchivedSeconds:0} s"));
        }
    }

    private static void PrintSpeed(ImmutableArray<SpeedFigures> speed)
    {
        var table = Output.Columns(
            "KB", "connections", "floor/s", "mails/s", "ratio",
            "requests per mail", "without participants",
            "group: ledger", "receipts", "participants",
            "stored/received",
            "ms: floor", "ms: mails");
        foreach (var figures in speed)
        {
            var (floor, pipeline) = (figures.Floor, figures.Pipeline);
            var stored = pipeline.Stored;
            table.Row(
                Text($"{figures.Kilobytes}"),
                Text($"{figures.Connections}"),
                Text($"{floor.MailsPerSecond:0.0}"),
                Text($"{pipeline.MailsPerSecond:0.0}"),
                Text($"{figures.Ratio:0.00}"),
                Text($"{pipeline.AllRequests:0.00}"),
                Text($"{pipeline.RequestsWithoutParticipants:0.00}"),
                Text($"{pipeline.LedgerGroup:0.0}"),
                Text($"{pipeline.ReceiptsGroup:0.0}"),
                Text($"{pipeline.ParticipantsGroup:0.00}"),
                Text($"{stored.All:0.00} ({stored.Documents:0.00} + {stored.Ledger:0.00} + {stored.Rows:0.00})"),
                Text($"{floor.Cpu.Own:0.0} + {floor.Cpu.Storage:0.0}"),
                Text($"{pipeline.Cpu.Own:0.0} + {pipeline.Cpu.Storage:0.0}"));
        }

        Console.WriteLine();
        Output.Print(table);
        Console.WriteLine("stored/received: documents + ledger + rows; ms: processor time per mail, this process + Azurite");
    }

    private static void PrintRequests(ImmutableArray<SpeedFigures> speed)
    {
        var kinds = speed.SelectMany(figures => figures.Pipeline.Requests.Keys)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        var table = Output.Columns(["KB", "connections", .. kinds]);
        foreach (var figures in speed)
        {
            table.Row([
                Text($"{figures.Kilobytes}"), Text($"{figures.Connections}"),
                .. kinds.Select(kind => Text($"{figures.Pipeline.Requests.GetValueOrDefault(kind):0.00}")),
            ]);
        }

        Console.WriteLine();
        Console.WriteLine("Storage requests per mail, by kind");
        Output.Print(table);
    }

    private static void PrintCalls(ImmutableArray<CallsFigures> calls)
    {
        foreach (var figures in calls)
        {
            Console.WriteLine();
            Console.WriteLine(Text($"{figures.Kilobytes} KB: sequential storage calls"));
            Console.WriteLine(Text($"  connector {figures.Connector.Length}: {string.Join(" → ", figures.Connector)}"));
            Console.WriteLine(Text($"  archiver {figures.Archiver.Length}: {string.Join(" → ", figures.Archiver)}"));
        }
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
