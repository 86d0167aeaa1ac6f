using Azure.Data.Tables;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>The rows of <c>Deliveries</c>: from a document's second delivery on, the receipt of each delivery key.</summary>
public static class DeliveryRows
{
    private const string ReceiptColumn = "Receipt";
    private const string ContainerColumn = "Container";
    private const string KeyColumn = "DeliveryKey";

    private static readonly string DeletedStart = $"{TableKey.Separator}deleted{TableKey.Separator}";

    /// <summary>Partition key: archive container and document path.</summary>
    public static string Partition(string container, string path) => $"{container}{TableKey.Separator}{TableKey.Escape(path)}";

    /// <summary>The row that assigns this delivery to this receipt.</summary>
    public static TableEntity Row(string container, string path, Digest deliveryKey, Guid receipt) =>
        new(Partition(container, path), deliveryKey.ToString()) { [ReceiptColumn] = receipt };

    /// <summary>
    /// The row of a ticket whose delivery was folded into another receipt; its keys need only the id. Its partition key starts with
    /// the separator, which no archive container's name can.
    /// </summary>
    public static TableEntity Folded(Guid ticket, Guid receipt) =>
        new(FoldedPartition(TableKey.TimeOf(ticket)), TableKey.NewestFirst(ticket)) { [ReceiptColumn] = receipt };

    /// <summary>The partition key of the tickets of a minute that were folded.</summary>
    public static string FoldedPartition(DateTimeOffset minute) =>
        $"{TableKey.Separator}folded{TableKey.Separator}{TableKey.NewestMinuteFirst(minute)}";

    /// <summary>The row of a ticket that a person deleted from quarantine; its keys need only its name there.</summary>
    /// <param name="name">The id, or the hash of a message without one.</param>
    /// <param name="container">The archive container whose ledger has the line; null for the mark alone.</param>
    /// <param name="place">The line; null for the mark alone.</param>
    public static TableEntity Deleted(string name, string? container, LedgerPlace? place)
    {
        var (partition, row) = Guid.TryParseExact(name, "D", out var id)
            ? (DeletedPartition(TableKey.TimeOf(id)), TableKey.NewestFirst(id))
            : ($"{DeletedStart}message", TableKey.Escape(name));
        return new(partition, row)
        {
            [ContainerColumn] = container,
            ["LedgerBlob"] = place?.Blob,
            ["LedgerOffset"] = place?.Offset,
            ["LedgerLength"] = place?.Length,
        };
    }

    /// <summary>The partition key of the tickets of a minute that were deleted.</summary>
    public static string DeletedPartition(DateTimeOffset minute) => DeletedStart + TableKey.NewestMinuteFirst(minute);

    /// <summary>The archive container and line in the row of a deleted ticket; null if it is only a mark.</summary>
    public static (string Container, LedgerPlace Line)? Deletion(TableEntity row) =>
        row.GetString(ContainerColumn) is { } container && IndexRows.Place(row) is { } line ? (container, line) : null;

    /// <summary>
    /// The row that gives the place of a deleted ticket to another receipt of the document. Its row key starts with the separator,
    /// which no delivery key can.
    /// </summary>
    /// <param name="successor">The receipt that is now the document's first.</param>
    /// <param name="deleted">The ticket that brought the document and will never have a receipt.</param>
    public static TableEntity Successor(Receipt successor, Guid deleted) =>
        new(Partition(successor.Container, successor.Document.Path), $"{TableKey.Separator}{deleted:D}")
        {
            [ReceiptColumn] = successor.Id,
            [KeyColumn] = successor.DeliveryKey.ToString(),
        };

    /// <summary>The successor's delivery key.</summary>
    public static Digest SuccessorKey(TableEntity row) => Digest.TryParse(row.GetString(KeyColumn) ?? "", out var key)
        ? key
        : throw new InvalidDataException($"Row {row.PartitionKey}, {row.RowKey} of table Deliveries has no delivery key.");

    /// <summary>A filter for rows that assign a delivery to this receipt, of documents whose path starts with this.</summary>
    public static string Of(string container, string pathStart, Guid receipt)
    {
        var start = Partition(container, pathStart);
        var end = start + TableKey.AfterSeparator;
        return TableClient.CreateQueryFilter($"PartitionKey ge {start} and PartitionKey lt {end} and Receipt eq {receipt}");
    }

    /// <summary>The receipt that a row names.</summary>
    public static Guid Receipt(TableEntity row) => row.GetGuid(ReceiptColumn)
        ?? throw new InvalidDataException($"Row {row.PartitionKey}, {row.RowKey} of table Deliveries has no receipt.");
}
