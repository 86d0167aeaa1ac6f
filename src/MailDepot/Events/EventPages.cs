using System.Globalization;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>An event read from the table.</summary>
/// <param name="Place">Its own place in the log, whatever page it is on: a greater one is an older event.</param>
/// <param name="Event">What happened.</param>
internal sealed record StoredEvent(string Place, DepotEvent Event);

/// <summary>The rows of table <c>Events</c>: each a page of what one process told in one second, newest second first.</summary>
/// <remarks>
/// A partition is a second, and that is as far as the table sorts: who reads takes all pages of a second together and
/// sorts their events by place, which is the rest of the time, then the writer's count, then the writer. The row key is
/// the count of the page's first event and the writer, so a page written twice is one row.
/// </remarks>
internal static class EventPages
{
    /// <summary>The events, a line each, in the order in which they were told.</summary>
    private const string Lines = "Lines";

    /// <summary>How many they are.</summary>
    private const string Number = "Events";

    /// <summary>The columns that <see cref="Count"/> and a deletion need.</summary>
    public static readonly string[] Outline = ["PartitionKey", "RowKey", Number];

    /// <summary>Pages of these events, as few as can hold them: the same events make the same pages.</summary>
    /// <param name="lines">One writer's events, in the order of their count.</param>
    /// <param name="writer">Tells processes apart.</param>
    public static IEnumerable<TableEntity> Of(IEnumerable<EventLine> lines, string writer)
    {
        foreach (var second in lines.GroupBy(line => Partition(line.Time), StringComparer.Ordinal))
        {
            using var page = new MemoryStream();
            var (first, count) = (second.First().Number, 0);
            foreach (var line in second)
            {
                var octets = line.Write();
                if (page.Length + octets.Length > StorageLimits.PropertyBytes)
                {
                    yield return Row();
                    page.SetLength(0);
                    (first, count) = (line.Number, 0);
                }

                page.Write(octets);
                count++;
            }

            yield return Row();

            TableEntity Row() => new(second.Key, $"{NewestFirst(first)}-{writer}") { [Lines] = page.ToArray(), [Number] = count };
        }
    }

    /// <summary>How many events a page has.</summary>
    public static int Count(TableEntity page) => page.GetInt32(Number) ?? 0;

    /// <summary>The events of all pages of a second, newest first, each once.</summary>
    public static IEnumerable<StoredEvent> Read(IEnumerable<TableEntity> second) =>
        second.SelectMany(Read).DistinctBy(kept => kept.Place, StringComparer.Ordinal).OrderBy(kept => kept.Place, StringComparer.Ordinal);

    /// <summary>The place behind all events of this second.</summary>
    public static string EndOf(DateTimeOffset time) => $"{Partition(time)}{TableKey.AfterSeparator}";

    /// <summary>The pages of this second and all later ones.</summary>
    public static string From(DateTimeOffset time) => TableClient.CreateQueryFilter($"PartitionKey le {Partition(time)}");

    /// <summary>The pages before this second.</summary>
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
        return string.Create(CultureInfo.InvariantCulture, $"{Partition(line.Time)}{TableKey.Separator}{rest:d7}-{NewestFirst(line.Number)}-{writer}");
    }

    private static string Partition(DateTimeOffset time) => TableKey.NewestSecondFirst(time);

    private static string NewestFirst(uint number) => (~number).ToString("x8", CultureInfo.InvariantCulture);
}
