using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Sums rows of <c>Receipts</c> by hour over a range of minutes, 1,000 rows per request.</summary>
internal static class ReceiptSums
{
    /// <summary>The start of the minute.</summary>
    public static DateTimeOffset Minute(DateTimeOffset time) => Start(time, TimeSpan.FromMinutes(1));

    /// <summary>The start of the hour, UTC.</summary>
    public static DateTimeOffset Hour(DateTimeOffset time) => Start(time, TimeSpan.FromHours(1));

    /// <summary>The start of the day, UTC.</summary>
    public static DateTimeOffset Day(DateTimeOffset time) => Start(time, TimeSpan.FromDays(1));

    /// <summary>The sums of the rows between two minutes, by hour; hours without rows are omitted.</summary>
    /// <param name="after">The minute before the first one; null to start at the beginning.</param>
    /// <param name="through">The last minute; null to go to the end.</param>
    public static async Task<SortedDictionary<DateTimeOffset, ContainerCount>> ByHourAsync(
        TableClient receipts, string container, DateTimeOffset? after, DateTimeOffset? through, CancellationToken ct)
    {
        // Minutes count backwards: the last minute has the smallest key.
        var prefix = container + TableKey.Separator;
        var from = through is { } last ? IndexRows.ReceiptPartition(container, last) : prefix;
        var below = after is { } before ? IndexRows.ReceiptPartition(container, before) : container + TableKey.AfterSeparator;
        var sums = new SortedDictionary<DateTimeOffset, ContainerCount>();
        var rows = receipts.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey lt {below}"),
            select: ContainerCount.ReceiptColumns, cancellationToken: ct);
        await foreach (var row in rows)
        {
            var one = ContainerCount.OfReceipt(row);
            var hour = Hour(one.First!.Value);
            sums[hour] = sums.GetValueOrDefault(hour, ContainerCount.None).Plus(one);
        }

        return sums;
    }

    private static DateTimeOffset Start(DateTimeOffset time, TimeSpan span) =>
        new(time.UtcTicks - (time.UtcTicks % span.Ticks), TimeSpan.Zero);
}
