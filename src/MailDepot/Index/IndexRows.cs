using Azure.Data.Tables;
using MailDepot.Base;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>The rows of a receipt. Pure: the same ledger line always makes the same rows, also in a rebuild.</summary>
public static class IndexRows
{
    /// <summary>
    /// Starts the part of a key that names a flag where others name an address: a flag is listed like a person. No address can
    /// collide with it, because <see cref="TableKey.Escape"/> never starts a part with it.
    /// </summary>
    private const string FlagMark = "~";

    /// <summary>The row of <c>Receipts</c>: what a list shows, and where the ledger has the rest.</summary>
    /// <param name="receipt">With its latest facts.</param>
    /// <param name="place">Its line.</param>
    /// <param name="facts">The line of these facts; null if they are the receipt line's own.</param>
    public static TableEntity Receipt(Receipt receipt, LedgerPlace place, LedgerPlace? facts = null) =>
        new(ReceiptPartition(receipt.Container, receipt.Received), TableKey.NewestFirst(receipt.Id))
        {
            ["Received"] = receipt.Received,
            ["Date"] = InTableRange(receipt.Mail.Date),
            ["Subject"] = Text(receipt.Mail.Subject),
            ["From"] = Text(Sender(receipt)),
            ["Recipients"] = Text(string.Join(", ", Recipients(receipt, hidden: false))),
            ["HiddenRecipients"] = Recipients(receipt, hidden: true).ToList() is { Count: > 0 } hidden
                ? Text(string.Join(", ", hidden))
                : null,
            ["Attachments"] = receipt.Mail.Attachments.Length,
            ["Flags"] = Flags(receipt),
            ["RawBytes"] = receipt.RawBytes,
            ["First"] = receipt.First,
            ["DocumentPath"] = receipt.Document.Path,
            ["DocumentBytes"] = receipt.Document.Bytes,
            ["StoredBytes"] = receipt.Document.StoredBytes,
            ["LedgerBlob"] = place.Blob,
            ["LedgerOffset"] = place.Offset,
            ["LedgerLength"] = place.Length,
            ["LedgerFactsBlob"] = facts?.Blob,
            ["LedgerFactsOffset"] = facts?.Offset,
            ["LedgerFactsLength"] = facts?.Length,
        };

    /// <summary>The place of the line in a row of <c>Receipts</c>; null if it is missing.</summary>
    public static LedgerPlace? Place(TableEntity row) =>
        row.GetString("LedgerBlob") is { } blob && row.GetInt64("LedgerOffset") is { } offset && row.GetInt32("LedgerLength") is { } length
            ? new LedgerPlace(blob, offset, length)
            : null;

    /// <summary>The place of the facts line in a row of <c>Receipts</c>; null if it has none.</summary>
    public static LedgerPlace? FactsPlace(TableEntity row) =>
        row.GetString("LedgerFactsBlob") is { } blob
        && row.GetInt64("LedgerFactsOffset") is { } offset
        && row.GetInt32("LedgerFactsLength") is { } length
            ? new LedgerPlace(blob, offset, length)
            : null;

    /// <summary>The flags of a receipt as text; null if it has none.</summary>
    public static string? Flags(Receipt receipt) => receipt.Flags.IsEmpty ? null : string.Join(", ", receipt.Flags.Select(DepotJson.Word));

    /// <summary>The columns in which two rows differ, except the ledger places; in alphabetical order.</summary>
    public static IReadOnlyList<string> Differing(TableEntity row, TableEntity expected) =>
    [
        .. row.Keys.Union(expected.Keys, StringComparer.Ordinal)
            .Where(column => column is not ("odata.etag" or "Timestamp") && !column.StartsWith("Ledger", StringComparison.Ordinal))
            .Where(column => !Equals(Value(row, column), Value(expected, column)))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The rows of <c>Participants</c>: one per address and one per flag.</summary>
    public static IEnumerable<TableEntity> Participants(Receipt receipt) => People(receipt).Concat(Flagged(receipt));

    /// <summary>The rows of <c>Participants</c> for addresses.</summary>
    public static IEnumerable<TableEntity> People(Receipt receipt) =>
        from participant in Participant.Of(receipt)
        select new TableEntity(
            ParticipantPartition(receipt.Container, participant.Address, receipt.Received), TableKey.NewestFirst(receipt.Id))
        {
            ["Roles"] = DepotJson.Word(participant.Roles),
            ["HiddenRoles"] = participant.Hidden is ParticipantRoles.None ? null : DepotJson.Word(participant.Hidden),
            ["Received"] = receipt.Received,
            ["Subject"] = Text(receipt.Mail.Subject),
            ["From"] = Text(Sender(receipt)),
            ["DocumentFirst"] = receipt.DocumentFirst,
            ["DocumentBytes"] = receipt.Document.Bytes,
        };

    /// <summary>The rows of <c>Participants</c> for flags; nearly all receipts have none.</summary>
    public static IEnumerable<TableEntity> Flagged(Receipt receipt) => receipt.Flags.Select(flag => FlagRow(receipt, flag));

    /// <summary>The row of a flag, whether the receipt has it or not.</summary>
    public static TableEntity FlagRow(Receipt receipt, ReceiptFlag flag) =>
        new(FlagPartition(receipt.Container, flag, receipt.Received), TableKey.NewestFirst(receipt.Id))
        {
            ["Flags"] = Flags(receipt),
            ["Doubt"] = Text(receipt.Doubt),
            ["Received"] = receipt.Received,
            ["Subject"] = Text(receipt.Mail.Subject),
            ["From"] = Text(Sender(receipt)),
            ["DocumentBytes"] = receipt.Document.Bytes,
        };

    /// <summary>Partition key of flags in <c>Participants</c>: archive container, flag and month.</summary>
    public static string FlagPartition(string container, ReceiptFlag flag, DateTimeOffset received) =>
        $"{FlagPrefix(container, flag)}{TableKey.Separator}{TableKey.NewestMonthFirst(received)}";

    /// <summary>The prefix of a flag's partition keys.</summary>
    public static string FlagPrefix(string container, ReceiptFlag flag) =>
        $"{container}{TableKey.Separator}{FlagMark}{DepotJson.Word(flag)}";

    /// <summary>Partition key of <c>Receipts</c>: archive container and minute.</summary>
    public static string ReceiptPartition(string container, DateTimeOffset received) =>
        $"{container}{TableKey.Separator}{TableKey.NewestMinuteFirst(received)}";

    /// <summary>Partition key of <c>Participants</c>: archive container, address and month.</summary>
    public static string ParticipantPartition(string container, string address, DateTimeOffset received)
    {
        var person = TableKey.Escape(EmailAddress.Key(address));
        return $"{container}{TableKey.Separator}{person}{TableKey.Separator}{TableKey.NewestMonthFirst(received)}";
    }

    /// <summary>The author as a list shows it.</summary>
    public static string? Sender(Receipt receipt) => receipt.Mail.From.FirstOrDefault()?.ToString() ?? receipt.Journal?.Sender;

    /// <summary>Who got the mail: from the report if there is one, else from the mail's header, else from its envelope.</summary>
    public static IEnumerable<string> Recipients(Receipt receipt) => receipt switch
    {
        { Journal: { Recipients.IsEmpty: false } journal } => journal.Recipients.Select(r => r.Address),
        { Mail: var mail } => InFields(mail) is [_, ..] named ? named : Participant.EnvelopeRecipients(receipt),
    };

    /// <summary>The recipients that are in the mail's header, or those that are not (<paramref name="hidden"/>); each once.</summary>
    public static IEnumerable<string> Recipients(Receipt receipt, bool hidden)
    {
        var inHeader = Participant.InHeader(receipt.Mail);
        return Recipients(receipt)
            .DistinctBy(EmailAddress.Key, StringComparer.Ordinal)
            .Where(address => inHeader.Contains(EmailAddress.Key(address)) != hidden);
    }

    private static List<string> InFields(MailFacts mail) =>
        [.. mail.To.Concat(mail.Cc).Concat(mail.Bcc).Select(a => a.Address).Where(a => a.Length > 0)];

    private static object? Value(TableEntity row, string column) => row.TryGetValue(column, out var value) ? value : null;

    /// <summary>Truncates a text for a list, never inside a surrogate pair; the ledger has all of it.</summary>
    private static string? Text(string? text)
    {
        if (text is null || text.Length <= StorageLimits.ListTextLength)
        {
            return text;
        }

        var end = StorageLimits.ListTextLength;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)];
    }

    /// <summary>Tables hold times from 1601 on (Azure "Understanding the Table service data model"); a mail can claim any date.</summary>
    private static DateTimeOffset? InTableRange(DateTimeOffset? date) => date is { Year: > 1601 and < 9999 } ? date : null;
}
