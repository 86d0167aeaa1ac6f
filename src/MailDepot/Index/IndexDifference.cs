using MailDepot.Ledger;

namespace MailDepot.Index;

/// <summary>A disagreement between ledger, rows and documents.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Container">The archive container.</param>
/// <param name="Text">One sentence that says where.</param>
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
        $"Table {table} lacks row {what} of receipt {receipt.Id:D}, whose line is in {place.Blob} at {place.Offset}.");

    internal static IndexDifference DeletionMissing(string container, Guid ticket, LedgerPlace place) => new(
        IndexDifferenceKind.DeletionMissing, container,
        $"Table Deliveries lacks the row of ticket {ticket:D}, which was deleted from quarantine; "
        + $"its line is in {place.Blob} at {place.Offset}.");

    internal static IndexDifference Columns(string table, Receipt receipt, string what, IEnumerable<string> columns) => new(
        table == "Receipts" ? IndexDifferenceKind.ReceiptDiffers : IndexDifferenceKind.ParticipantDiffers,
        receipt.Container,
        $"Row {what} of receipt {receipt.Id:D} in table {table} does not match its ledger line: {string.Join(", ", columns)}.");

    internal static IndexDifference Unexplained(string table, string container, string partition, Guid id) => new(
        IndexDifferenceKind.Unexplained, container,
        $"Table {table} has a row {partition} of receipt {id:D} that no ledger line explains.");

    internal static IndexDifference NoDocument(Receipt receipt) => new(
        IndexDifferenceKind.DocumentMissing, receipt.Container,
        $"Document {receipt.Document.Path} of receipt {receipt.Id:D} is missing.");

    internal static IndexDifference Unreadable(string container, LedgerPlace place) => new(
        IndexDifferenceKind.LineUnreadable, container,
        $"The line in {place.Blob} at {place.Offset}, {place.Length} bytes, can't be read.");

    internal static IndexDifference Sum(string container, DateTimeOffset hour) => new(
        IndexDifferenceKind.SumWrong, container, $"The rollup of hour {hour:yyyy-MM-dd HH:mm} UTC is not the sum of its rows.");
}

/// <summary>What can be wrong. A rebuild repairs everything but documents and lines.</summary>
public enum IndexDifferenceKind
{
    /// <summary>A line has no row in <c>Receipts</c>.</summary>
    ReceiptMissing,

    /// <summary>A row of <c>Receipts</c> does not match its line.</summary>
    ReceiptDiffers,

    /// <summary>An address of a line has no row in <c>Participants</c>.</summary>
    ParticipantMissing,

    /// <summary>A row of <c>Participants</c> does not match its line.</summary>
    ParticipantDiffers,

    /// <summary>A document's later delivery is not in <c>Deliveries</c>.</summary>
    DeliveryMissing,

    /// <summary>A ticket's deletion from quarantine is not in <c>Deliveries</c>.</summary>
    DeletionMissing,

    /// <summary>A row older than an hour belongs to no line.</summary>
    Unexplained,

    /// <summary>A rollup is not the sum of its rows.</summary>
    SumWrong,

    /// <summary>A line's document is missing. It can't be recreated.</summary>
    DocumentMissing,

    /// <summary>A line can't be read. It can't be recreated.</summary>
    LineUnreadable,
}
