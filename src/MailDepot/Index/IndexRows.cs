using Azure.Data.Tables;
using MailDepot.Base;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Which rows a receipt makes. Pure: the same line of the ledger makes the same rows, today and in a rebuild.</summary>
public static class IndexRows
{
    /// <summary>
    /// What stands for the address in the keys of flagged receipts: a flag is listed as a person is. No address can be
    /// taken for it, for <see cref="TableKey.Escape"/> never begins a part so.
    /// </summary>
    private const string FlagMark = "~";

    /// <summary>The row of <c>Receipts</c>: what a list shows, and where to read more.</summary>
    /// <param name="receipt">With its last facts.</param>
    /// <param name="place">Its line.</param>
    /// <param name="facts">The line of these facts; null if they are the receipt line's own.</param>
    public static TableEntity Receipt(Receipt receipt, LedgerPlace place, LedgerPlace? facts = null) => new(ReceiptPartition(receipt.Container, receipt.Received), TableKey.NewestFirst(receipt.Id))
    {
        ["Received"] = receipt.Received,
        ["Date"] = InTableRange(receipt.Mail.Date),
        ["Subject"] = Text(receipt.Mail.Subject),
        ["From"] = Text(Sender(receipt)),
        ["Recipients"] = Text(string.Join(", ", Recipients(receipt, hidden: false))),
        ["HiddenRecipients"] = Recipients(receipt, hidden: true).ToList() is { Count: > 0 } hidden ? Text(string.Join(", ", hidden)) : null,
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

    /// <summary>Where a row of <c>Receipts</c> says that its line is; null if it does not.</summary>
    public static LedgerPlace? Place(TableEntity row) =>
        row.GetString("LedgerBlob") is { } blob && row.GetInt64("LedgerOffset") is { } offset && row.GetInt32("LedgerLength") is { } length
            ? new LedgerPlace(blob, offset, length)
            : null;

    /// <summary>Where a row of <c>Receipts</c> says that its facts line is; null if it does not.</summary>
    public static LedgerPlace? FactsPlace(TableEntity row) =>
        row.GetString("LedgerFactsBlob") is { } blob && row.GetInt64("LedgerFactsOffset") is { } offset && row.GetInt32("LedgerFactsLength") is { } length
            ? new LedgerPlace(blob, offset, length)
            : null;

    /// <summary>The flags of a receipt in words; null if it has none.</summary>
    public static string? Flags(Receipt receipt) => receipt.Flags.IsEmpty ? null : string.Join(", ", receipt.Flags.Select(DepotJson.Word));

    /// <summary>The columns in which a row is not as it should be, its ledger place aside; in alphabetical order.</summary>
    public static IReadOnlyList<string> Differing(TableEntity row, TableEntity should) =>
    [
        .. row.Keys.Union(should.Keys, StringComparer.Ordinal)
            .Where(column => column is not ("odata.etag" or "Timestamp") && !column.StartsWith("Ledger", StringComparison.Ordinal))
            .Where(column => !Equals(Value(row, column), Value(should, column)))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The rows of <c>Participants</c>: one an address, and one a flag.</summary>
    public static IEnumerable<TableEntity> Participants(Receipt receipt) => People(receipt).Concat(Flagged(receipt));

    /// <summary>One an address.</summary>
    public static IEnumerable<TableEntity> People(Receipt receipt) =>
        from participant in Participant.Of(receipt)
        select new TableEntity(ParticipantPartition(receipt.Container, participant.Address, receipt.Received), TableKey.NewestFirst(receipt.Id))
        {
            ["Roles"] = DepotJson.Word(participant.Roles),
            ["HiddenRoles"] = participant.Hidden is ParticipantRoles.None ? null : DepotJson.Word(participant.Hidden),
            ["Received"] = receipt.Received,
            ["Subject"] = Text(receipt.Mail.Subject),
            ["From"] = Text(Sender(receipt)),
            ["DocumentFirst"] = receipt.DocumentFirst,
            ["DocumentBytes"] = receipt.Document.Bytes,
        };

    /// <summary>One a flag: a receipt without any, as nearly all are, costs nothing.</summary>
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

    /// <summary>Partition of the receipts with a flag, in <c>Participants</c>: archive container, flag and month.</summary>
    public static string FlagPartition(string container, ReceiptFlag flag, DateTimeOffset received) =>
        $"{FlagPrefix(container, flag)}{TableKey.Separator}{TableKey.NewestMonthFirst(received)}";

    /// <summary>What the partitions of a flag begin with.</summary>
    public static string FlagPrefix(string container, ReceiptFlag flag) => $"{container}{TableKey.Separator}{FlagMark}{DepotJson.Word(flag)}";

    /// <summary>Partition of <c>Receipts</c>: archive container and minute.</summary>
    public static string ReceiptPartition(string container, DateTimeOffset received) =>
        $"{container}{TableKey.Separator}{TableKey.NewestMinuteFirst(received)}";

    /// <summary>Partition of <c>Participants</c>: archive container, address and month.</summary>
    public static string ParticipantPartition(string container, string address, DateTimeOffset received) =>
        $"{container}{TableKey.Separator}{TableKey.Escape(EmailAddress.Key(address))}{TableKey.Separator}{TableKey.NewestMonthFirst(received)}";

    /// <summary>The author as a list shows it.</summary>
    public static string? Sender(Receipt receipt) => receipt.Mail.From.FirstOrDefault()?.ToString() ?? receipt.Journal?.Sender;

    /// <summary>Who got the mail: by the report where there is one, else by the mail's own fields, else by its envelope.</summary>
    public static IEnumerable<string> Recipients(Receipt receipt) => receipt switch
    {
        { Journal: { Recipients.IsEmpty: false } journal } => journal.Recipients.Select(r => r.Address),
        { Mail: var mail } => mail.To.Concat(mail.Cc).Concat(mail.Bcc).Select(a => a.Address).Where(a => a.Length > 0).ToList() is [_, ..] named
            ? named
            : Participant.EnvelopeRecipients(receipt),
    };

    /// <summary>Those of them that everybody could read in the mail's header, or the others; each once.</summary>
    public static IEnumerable<string> Recipients(Receipt receipt, bool hidden)
    {
        var inHeader = Participant.InHeader(receipt.Mail);
        return Recipients(receipt).DistinctBy(EmailAddress.Key, StringComparer.Ordinal).Where(address => inHeader.Contains(EmailAddress.Key(address)) != hidden);
    }

    private static object? Value(TableEntity row, string column) => row.TryGetValue(column, out var value) ? value : null;

    /// <summary>A list shows the beginning; the ledger keeps it all. A pair of surrogates is not cut through.</summary>
    private static string? Text(string? text)
    {
        if (text is null || text.Length <= StorageLimits.ListTextLength)
        {
            return text;
        }

        var end = StorageLimits.ListTextLength;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)];
    }

    /// <summary>Tables hold times from 1601 on (Azure "Understanding the Table service data model"); a mail can claim any.</summary>
    private static DateTimeOffset? InTableRange(DateTimeOffset? date) => date is { Year: > 1601 and < 9999 } ? date : null;
}
