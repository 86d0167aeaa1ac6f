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

    /// <summary>The author, the beginning of it if it is long.</summary>
    public string? From { get; init; }

    /// <summary>Who got it and stands in its header, over all receipts of the document; the beginning of it if it is long.</summary>
    public string? Recipients { get; init; }

    /// <summary>Who else got it, known only from reports, envelopes or a Bcc field, likewise; for those only who may see them.</summary>
    public string? HiddenRecipients { get; init; }

    /// <summary>The beginning of it if it is long.</summary>
    public string? Subject { get; init; }

    /// <summary>Octets of the document.</summary>
    public required long Bytes { get; init; }

    /// <summary>Number of attachments; not told in a participant's list.</summary>
    public int? Attachments { get; init; }

    /// <summary>The participant's roles, in a participant's list.</summary>
    public string? Roles { get; init; }

    /// <summary>Those of the roles that the mail's header does not tell (<see cref="Participant.Hidden"/>).</summary>
    public string? HiddenRoles { get; init; }

    /// <summary>What a person should know about it: words of <see cref="ReceiptFlag"/>.</summary>
    public string? Flags { get; init; }

    /// <summary>Why it is flagged, in a list of flagged mails.</summary>
    public string? Doubt { get; init; }

    /// <summary>Receipts of the document: more than one if it came by several reports.</summary>
    public int Receipts { get; init; } = 1;

    /// <summary>Where its document is; not told in a participant's list.</summary>
    public string? DocumentPath { get; init; }

    /// <summary>A row of <c>Receipts</c> or <c>Participants</c>.</summary>
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
/// <param name="Next">Ask for what comes after this id to get the next page; null on the last.</param>
public sealed record MailPage(IReadOnlyList<ListedMail> Mails, Guid? Next);
