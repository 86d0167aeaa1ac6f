using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>What an archive container holds.</summary>
/// <param name="Receipts">Deliveries.</param>
/// <param name="Documents">Mails, each once.</param>
/// <param name="BytesReceived">Octets of all deliveries as received.</param>
/// <param name="First">When the oldest arrived; null while it is empty.</param>
/// <param name="Last">When the newest arrived.</param>
public sealed record ContainerCount(long Receipts, long Documents, long BytesReceived, DateTimeOffset? First, DateTimeOffset? Last);

/// <summary>Counts an archive container's rows.</summary>
public sealed class Counts(DepotStorage storage)
{
    private static readonly string[] Columns = ["PartitionKey", "RowKey", "First", "RawBytes"];

    /// <summary>Exact at the moment of reading; reads every row of the archive container, 1,000 a request.</summary>
    public async Task<ContainerCount> OfAsync(string container, CancellationToken ct)
    {
        var filter = TableClient.CreateQueryFilter(
            $"PartitionKey gt {container + TableKey.Separator} and PartitionKey lt {container + TableKey.AfterSeparator}");
        long receipts = 0, documents = 0, bytes = 0;
        DateTimeOffset? first = null, last = null;
        await foreach (var row in storage.Receipts.QueryAsync<TableEntity>(filter, select: Columns, cancellationToken: ct))
        {
            receipts++;
            documents += row.GetBoolean("First") == true ? 1 : 0;
            bytes += row.GetInt64("RawBytes") ?? 0;
            first = TableKey.TimeOf(TableKey.Id(row.RowKey));
            last ??= first;
        }

        return new ContainerCount(receipts, documents, bytes, first, last);
    }
}
