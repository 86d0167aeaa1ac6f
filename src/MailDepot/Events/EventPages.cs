using System.Globalization;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>An event read from the table.</summary>
/// <param name="Place">Sort key in the log, independent of the page: the greater, the older.</param>
/// <param name="Event">The event.</param>
internal sealed record StoredEvent(string Place, DepotEvent Event);

/// <summary>The rows of table <c>Events</c>: each a page of one process's events of one second, newest second first.</summary>
/// <remarks>
/// A partition is a second; the table sorts no further. Readers take all pages of a second together and sort their events by
/// place: the fraction of the second, then the writer's sequence number, then the writer. The row key is the number of the page's
/// first event and the writer, so a page written twice is one row.
/// </remarks>
internal static class EventPages
{
    /// <summary>The events, one per line, in the order they were written.</summary>
    private const string Lines = "Lines";

    /// <summary>The number of events.</summary>
    private const string Number = "Events";

    /// <summary>The columns needed by <see cref="Count"/> and for deletion.</summary>
    public static readonly string[] Outline = ["PartitionKey", "RowKey", Number];

    /// <summary>Makes as few pages as possible; the same events always make the same pages.</summary>
    /// <param name="lines">One writer's events, by number.</param>
    /// <param name="writer">Identifies the process.</param>
    public static IEnumerable<TableEntity> Of(IEnumerable<EventLine> lines, string writer)
    {
        foreach (var second in lines.GroupBy(line => Partition(line.Time), StringComparer.Ordinal))
        {
            using var page = new MemoryStream();
            var (first, count) = (second.First().Number, 0);
            foreach (var line in second)
            {
                var bytes = line.Write();
                if (page.Length + bytes.Length > StorageLimits.PropertyBytes)
                {
                    yield return Row();
                    page.SetLength(0);
                    (first, count) = (line.Number, 0);
                }

                page.Write(bytes);
                count++;
            }

            yield return Row();

            TableEntity Row() => new(second.Key, $"{NewestFirst(first)}-{writer}") { [Lines] = page.ToArray(), [Number] = count };
        }
    }

    /// <summary>The number of events on a page.</summary>
    public static int Count(TableEntity page) => page.GetInt32(Number) ?? 0;

    /// <summary>The events of all pages of a second, newest first, each once.</summary>
    public static IEnumerable<StoredEvent> Read(IEnumerable<TableEntity> second) =>
        second.SelectMany(Read).DistinctBy(kept => kept.Place, StringComparer.Ordinal).OrderBy(kept => kept.Place, StringComparer.Ordinal);

    /// <summary>The place after all events of this second.</summary>
    public static string EndOf(DateTimeOffset time) => $"{Partition(time)}{TableKey.AfterSeparator}";

    /// <summary>A filter for the pages of this second and later.</summary>
    public static string From(DateTimeOffset time) => TableClient.CreateQueryFilter($"PartitionKey le {Partition(time)}");

    /// <summary>A filter for the pages before this second.</summary>
    public static string Before(DateTimeOffset time) => TableClient.CreateQueryFilter($"PartitionKey gt {Partition(time)}");

    private static List<StoredEvent> Read(TableEntity page)
    {
        var kept = new List<StoredEvent>();
        var rest = page.GetBinary(Lines).AsSpan();
        var writer = page.RowKey[(page.RowKey.LastIndexOf('-') + 1)..];
        for (var end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
        {
            var line = EventLine.Read(rest[..end]);
            kept.Add(new StoredEvent(Place(line, writer), line.Event()));
            rest = rest[(end + 1)..];
        }

        return kept;
    }

    private static string Place(EventLine line, string writer)
    {
        var rest = TimeSpan.TicksPerSecond - 1 - (line.Time.UtcTicks % TimeSpan.TicksPerSecond);
        return string.Create(
            CultureInfo.InvariantCulture, $"{Partition(line.Time)}{TableKey.Separator}{rest:d7}-{NewestFirst(line.Number)}-{writer}");
    }

    private static string Partition(DateTimeOffset time) => TableKey.NewestSecondFirst(time);

    private static string NewestFirst(uint number) => (~number).ToString("x8", CultureInfo.InvariantCulture);
}
