using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Reads a range of rows newest first, from the start or from behind a row.</summary>
/// <remarks>
/// Keys count backwards, so the order of the table is the order of the list. A place in it is a key, which stays right
/// while mail comes in; and behind a key lie the rest of its partition and the partitions after it, each one range
/// (one filter for both would make Azure scan). Pages may be empty and still have another after them
/// (storage-net#1022): the SDK's enumerator follows to the last.
/// </remarks>
/// <param name="Table">The table.</param>
/// <param name="Prefix">What the partition keys begin with, before <see cref="TableKey.Separator"/>.</param>
/// <param name="Condition">A further OData condition, or empty.</param>
internal sealed record NewestRows(TableClient Table, string Prefix, string Condition = "")
{
    /// <summary>Rows behind <paramref name="after"/>, or all.</summary>
    public async IAsyncEnumerable<TableEntity> ReadAsync(int pageSize, (string Partition, string Row)? after, [EnumeratorCancellation] CancellationToken ct)
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
