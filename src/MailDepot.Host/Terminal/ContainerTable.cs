using MailDepot.Index;
using Spectre.Console;

namespace MailDepot.Host.Terminal;

/// <summary>The archive containers with their counts, as <c>status</c> and <c>container list</c> show them.</summary>
internal static class ContainerTable
{
    /// <summary>One row per container.</summary>
    public static Table Make(IReadOnlyDictionary<string, ContainerCount> containers)
    {
        var table = Output.Columns("archive container", "documents", "receipts", "received", "stored", "first", "last");
        foreach (var cells in Cells(containers))
        {
            table.Row(cells);
        }

        return table;
    }

    /// <summary>The cells of each row.</summary>
    public static IEnumerable<string[]> Cells(IReadOnlyDictionary<string, ContainerCount> containers) =>
        containers.Select(container => new[]
        {
            container.Key, $"{container.Value.Documents}", $"{container.Value.Receipts}",
            Output.Size(container.Value.BytesReceived), Output.Size(container.Value.BytesStored),
            Time(container.Value.First), Time(container.Value.Last),
        });

    private static string Time(DateTimeOffset? time) => time is { } some ? Output.Time(some) : "–";
}
