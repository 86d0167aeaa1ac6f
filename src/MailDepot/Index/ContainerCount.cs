using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>What an archive container holds, or holds of a period.</summary>
/// <param name="Receipts">Number of deliveries.</param>
/// <param name="Documents">Number of mails, each counted once, with the receipt that brought it.</param>
/// <param name="BytesReceived">Size of all deliveries as received.</param>
/// <param name="BytesStored">Size of the stored documents, compressed; each counted once, with the receipt that brought it.</param>
/// <param name="First">When the oldest delivery arrived, to the millisecond; null if there is none.</param>
/// <param name="Last">When the newest delivery arrived; null if there is none.</param>
public sealed record ContainerCount(
    long Receipts, long Documents, long BytesReceived, long BytesStored, DateTimeOffset? First, DateTimeOffset? Last)
{
    /// <summary>An empty count.</summary>
    public static ContainerCount None { get; } = new(0, 0, 0, 0, null, null);

    /// <summary>The sum of both.</summary>
    public ContainerCount Plus(ContainerCount other) => new(
        Receipts + other.Receipts,
        Documents + other.Documents,
        BytesReceived + other.BytesReceived,
        BytesStored + other.BytesStored,
        First < other.First ? First : other.First ?? First,
        Last > other.Last ? Last : other.Last ?? Last);

    /// <summary>The columns of <c>Receipts</c> that a count needs.</summary>
    internal static string[] ReceiptColumns { get; } = ["RowKey", "First", "RawBytes", "StoredBytes"];

    /// <summary>The count of one row of <c>Receipts</c>.</summary>
    internal static ContainerCount OfReceipt(TableEntity row)
    {
        var brought = row.GetBoolean("First") == true;
        var received = TableKey.TimeOf(TableKey.Id(row.RowKey));
        return new(1, brought ? 1 : 0, row.GetInt64("RawBytes") ?? 0, brought ? row.GetInt64("StoredBytes") ?? 0 : 0, received, received);
    }
}
