using System.Collections.Frozen;
using System.Globalization;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>The rows of table <c>Events</c>: one an event, newest first.</summary>
/// <remarks>
/// A partition is a second: at a hundred mails a second it has some hundred rows. One of a minute would have twelve
/// thousand, and Azurite's upserts cost time in proportion to the rows of their partition. The row key is the rest of
/// the time, then the writer's count, then the writer: written twice, it is one row.
/// </remarks>
internal static class EventRows
{
    private static readonly FrozenDictionary<string, EventKind> Kinds = Enum.GetValues<EventKind>().ToFrozenDictionary(DepotJson.Word, StringComparer.Ordinal);

    /// <summary>The row of an event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="number">The writer's count: it keeps the order of events within one reading of the clock.</param>
    /// <param name="writer">Tells processes apart.</param>
    public static TableEntity Row(DepotEvent e, uint number, string writer)
    {
        var rest = TimeSpan.TicksPerSecond - 1 - (e.Time.UtcTicks % TimeSpan.TicksPerSecond);
        var row = new TableEntity(Partition(e.Time), string.Create(CultureInfo.InvariantCulture, $"{rest:d7}-{~number:x8}-{writer}"))
        {
            ["Time"] = e.Time,
            ["Kind"] = DepotJson.Word(e.Kind),
            ["Text"] = Cut(e.Text),
        };
        if (e.Id != Guid.Empty)
        {
            row["Id"] = e.Id;
        }

        return row;
    }

    /// <summary>The event that a row tells. A kind of a later version reads as a step.</summary>
    public static DepotEvent Read(TableEntity row) => new(
        row.GetDateTimeOffset("Time") ?? default,
        Kinds.GetValueOrDefault(row.GetString("Kind") ?? "", EventKind.Step),
        row.GetGuid("Id") ?? Guid.Empty,
        row.GetString("Text") ?? "");

    /// <summary>The row's place in the table: a greater one is an older event.</summary>
    public static string Place(TableEntity row) => $"{row.PartitionKey}{TableKey.Separator}{row.RowKey}";

    /// <summary>The place behind all events of this second.</summary>
    public static string EndOf(DateTimeOffset time) => $"{Partition(time)}{TableKey.AfterSeparator}";

    /// <summary>The events of this second and all later ones.</summary>
    public static string From(DateTimeOffset time) => TableClient.CreateQueryFilter($"PartitionKey le {Partition(time)}");

    /// <summary>The events before this second.</summary>
    public static string Before(DateTimeOffset time) => TableClient.CreateQueryFilter($"PartitionKey gt {Partition(time)}");

    private static string Partition(DateTimeOffset time) => TableKey.NewestSecondFirst(time);

    /// <summary>An envelope can name a thousand recipients. A pair of surrogates is not cut through.</summary>
    private static string Cut(string text)
    {
        if (text.Length <= StorageLimits.ListTextLength)
        {
            return text;
        }

        var end = StorageLimits.ListTextLength - 1;
        return $"{text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)]}…";
    }
}
