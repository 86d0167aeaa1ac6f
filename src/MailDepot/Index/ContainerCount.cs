using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>What an archive container, or a part of its time, holds.</summary>
/// <param name="Receipts">Deliveries.</param>
/// <param name="Documents">Mails, each once: with the receipt that brought it.</param>
/// <param name="BytesReceived">Octets of all deliveries as received.</param>
/// <param name="BytesStored">Octets of the documents as they lie there, compressed; each once, with the receipt that brought it.</param>
/// <param name="First">When the oldest arrived, to the millisecond; null while there is none.</param>
/// <param name="Last">When the newest arrived.</param>
public sealed record ContainerCount(long Receipts, long Documents, long BytesReceived, long BytesStored, DateTimeOffset? First, DateTimeOffset? Last)
{
    /// <summary>Nothing counted.</summary>
    public static ContainerCount None { get; } = new(0, 0, 0, 0, null, null);

    /// <summary>Both together.</summary>
    public ContainerCount Plus(ContainerCount other) => new(
        Receipts + other.Receipts,
        Documents + other.Documents,
        BytesReceived + other.BytesReceived,
        BytesStored + other.BytesStored,
        First < other.First ? First : other.First ?? First,
        Last > other.Last ? Last : other.Last ?? Last);

    /// <summary>The columns of <c>Receipts</c> that a count needs: four.</summary>
    internal static string[] ReceiptColumns { get; } = ["RowKey", "First", "RawBytes", "StoredBytes"];

    /// <summary>One row of <c>Receipts</c>.</summary>
    internal static ContainerCount OfReceipt(TableEntity row)
    {
        var brought = row.GetBoolean("First") == true;
        var received = TableKey.TimeOf(TableKey.Id(row.RowKey));
        return new(1, brought ? 1 : 0, row.GetInt64("RawBytes") ?? 0, brought ? row.GetInt64("StoredBytes") ?? 0 : 0, received, received);
    }
}
