using MailDepot.Ledger;

namespace MailDepot.Index;

/// <summary>Where ledger, rows and documents do not agree.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Container">The archive container.</param>
/// <param name="Text">One sentence that names it.</param>
public sealed record IndexDifference(IndexDifferenceKind Kind, string Container, string Text)
{
    internal static IndexDifference Missing(string table, Receipt receipt, string what, LedgerPlace place) => new(
        table switch
        {
            "Receipts" => IndexDifferenceKind.ReceiptMissing,
            "Participants" => IndexDifferenceKind.ParticipantMissing,
            _ => IndexDifferenceKind.DeliveryMissing,
        },
        receipt.Container,
        $"Table {table} lacks the row {what} of receipt {receipt.Id:D}, whose line is in {place.Blob} at {place.Offset}.");

    internal static IndexDifference DeletionMissing(string container, Guid ticket, LedgerPlace place) => new(
        IndexDifferenceKind.DeletionMissing, container,
        $"Table Deliveries lacks the row of ticket {ticket:D}, which was deleted from quarantine: its line is in {place.Blob} at {place.Offset}.");

    internal static IndexDifference Columns(string table, Receipt receipt, string what, IEnumerable<string> columns) => new(
        table == "Receipts" ? IndexDifferenceKind.ReceiptDiffers : IndexDifferenceKind.ParticipantDiffers,
        receipt.Container,
        $"The row {what} of receipt {receipt.Id:D} in table {table} is not what its line makes: {string.Join(", ", columns)}.");

    internal static IndexDifference Unexplained(string table, string container, string partition, Guid id) => new(
        IndexDifferenceKind.Unexplained, container, $"Table {table} has a row {partition} of receipt {id:D} that no line of the ledger explains.");

    internal static IndexDifference NoDocument(Receipt receipt) => new(
        IndexDifferenceKind.DocumentMissing, receipt.Container, $"The document {receipt.Document.Path} of receipt {receipt.Id:D} is not there.");

    internal static IndexDifference NoReceipt(string container, LedgerPlace place) => new(
        IndexDifferenceKind.LineUnreadable, container, $"The line in {place.Blob} at {place.Offset}, {place.Length} octets, is no receipt.");

    internal static IndexDifference Sum(string container, DateTimeOffset hour) => new(
        IndexDifferenceKind.SumWrong, container, $"The rollup of the hour {hour:yyyy-MM-dd HH:mm} UTC is not the sum of its rows.");
}

/// <summary>What can be wrong. A rebuild mends all but documents and lines.</summary>
public enum IndexDifferenceKind
{
    /// <summary>A line has no row in <c>Receipts</c>.</summary>
    ReceiptMissing,

    /// <summary>A row of <c>Receipts</c> has other columns than its line makes.</summary>
    ReceiptDiffers,

    /// <summary>An address of a line has no row in <c>Participants</c>.</summary>
    ParticipantMissing,

    /// <summary>A row of <c>Participants</c> has other columns than its line makes.</summary>
    ParticipantDiffers,

    /// <summary>A document's later delivery is not in <c>Deliveries</c>.</summary>
    DeliveryMissing,

    /// <summary>A ticket's deletion from quarantine is not in <c>Deliveries</c>.</summary>
    DeletionMissing,

    /// <summary>A row older than an hour that no line makes.</summary>
    Unexplained,

    /// <summary>A rollup is not the sum of its rows.</summary>
    SumWrong,

    /// <summary>A line's document is not there. Nothing makes it again.</summary>
    DocumentMissing,

    /// <summary>A line is no receipt. Nothing makes it again.</summary>
    LineUnreadable,
}
