using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Reads a range of rows newest first, from the start or after a row.</summary>
/// <remarks>
/// Keys count backwards, so the table's order is the list's order. A key marks a place in it that stays valid while mail arrives.
/// After a key come the rest of its partition and the partitions after it, each read as a range of its own (a single filter for
/// both would make Azure scan). Pages may be empty and still be followed by others (storage-net#1022): the SDK's enumerator
/// continues to the last.
/// </remarks>
/// <param name="Table">The table.</param>
/// <param name="Prefix">Start of the partition keys, up to <see cref="TableKey.Separator"/>.</param>
/// <param name="Condition">A further OData condition, or empty.</param>
internal sealed record NewestRows(TableClient Table, string Prefix, string Condition = "")
{
    /// <summary>Rows after <paramref name="after"/>, or all.</summary>
    public async IAsyncEnumerable<TableEntity> ReadAsync(
        int pageSize, (string Partition, string Row)? after, [EnumeratorCancellation] CancellationToken ct)
    {
        var end = Prefix + TableKey.AfterSeparator;
        string[] filters = after is { } place
            ? [TableClient.CreateQueryFilter($"PartitionKey eq {place.Partition} and RowKey gt {place.Row}"), Between(place.Partition)]
            : [Between(Prefix + TableKey.Separator)];
        foreach (var filter in filters)
        {
            await foreach (var row in Table.QueryAsync<TableEntity>(filter + Condition, pageSize, cancellationToken: ct))
            {
                yield return row;
            }
        }

        string Between(string start) => TableClient.CreateQueryFilter($"PartitionKey gt {start} and PartitionKey lt {end}");
    }
}
