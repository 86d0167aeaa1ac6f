using Azure.Data.Tables;
using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>A mail as a list shows it.</summary>
public sealed record ListedMail
{
    /// <summary>The receipt's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The archive container's name.</summary>
    public required string Container { get; init; }

    /// <summary>When it began to arrive, UTC.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>The author, truncated if long.</summary>
    public string? From { get; init; }

    /// <summary>Recipients in the header, of all receipts of the document; truncated if long.</summary>
    public string? Recipients { get; init; }

    /// <summary>
    /// Other recipients, known only from reports, envelopes or a Bcc field; truncated if long. Show them only to people who may see
    /// them.
    /// </summary>
    public string? HiddenRecipients { get; init; }

    /// <summary>The subject, truncated if long.</summary>
    public string? Subject { get; init; }

    /// <summary>Size of the document.</summary>
    public required long Bytes { get; init; }

    /// <summary>Number of attachments; null in a participant's list.</summary>
    public int? Attachments { get; init; }

    /// <summary>The participant's roles; only in a participant's list.</summary>
    public string? Roles { get; init; }

    /// <summary>The roles that the mail's header does not show (<see cref="Participant.Hidden"/>).</summary>
    public string? HiddenRoles { get; init; }

    /// <summary>The flags (<see cref="ReceiptFlag"/>) as text; null for none.</summary>
    public string? Flags { get; init; }

    /// <summary>Why the mail is flagged; only in a list of flagged mails.</summary>
    public string? Doubt { get; init; }

    /// <summary>Receipts of the document: more than one if it arrived in several reports.</summary>
    public int Receipts { get; init; } = 1;

    /// <summary>Path of the document; null in a participant's list.</summary>
    public string? DocumentPath { get; init; }

    /// <summary>Makes an entry from a row of <c>Receipts</c> or <c>Participants</c>.</summary>
    internal static ListedMail Of(TableEntity row) => new()
    {
        Id = TableKey.Id(row.RowKey),
        Container = row.PartitionKey[..row.PartitionKey.IndexOf(TableKey.Separator, StringComparison.Ordinal)],
        Received = row.GetDateTimeOffset("Received") ?? TableKey.TimeOf(TableKey.Id(row.RowKey)),
        From = row.GetString("From"),
        Recipients = row.GetString("Recipients"),
        HiddenRecipients = row.GetString("HiddenRecipients"),
        Subject = row.GetString("Subject"),
        Bytes = row.GetInt64("DocumentBytes") ?? 0,
        Attachments = row.GetInt32("Attachments"),
        Roles = row.GetString("Roles"),
        HiddenRoles = row.GetString("HiddenRoles"),
        Flags = row.GetString("Flags"),
        Doubt = row.GetString("Doubt"),
        DocumentPath = row.GetString("DocumentPath"),
    };
}

/// <summary>One page of a list.</summary>
/// <param name="Mails">Newest first.</param>
/// <param name="Next">Id to continue after for the next page; null on the last page.</param>
public sealed record MailPage(IReadOnlyList<ListedMail> Mails, Guid? Next);
