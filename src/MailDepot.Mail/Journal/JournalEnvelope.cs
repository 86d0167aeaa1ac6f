using System.Collections.Immutable;

namespace MailDepot.Journal;

/// <summary>
/// The envelope part of a journal report (MS-XJRNL §2.1.4.2): who actually got the mail. Absent means: not in the report.
/// </summary>
public sealed partial record JournalEnvelope
{
    /// <summary>An address, or <c>[EX:…]</c> with an X.500 name.</summary>
    public string? Sender { get; init; }

    /// <summary>The person on whose behalf a delegate sent the mail.</summary>
    public string? OnBehalfOf { get; init; }

    /// <summary>The subject as the report states it.</summary>
    public string? Subject { get; init; }

    /// <summary>The original's Message-ID, without angle brackets.</summary>
    public string? MessageId { get; init; }

    /// <summary>The label, in the obsolete managed-folder journaling.</summary>
    public string? Label { get; init; }

    /// <summary>The mailbox in whose folder the mail was found, in managed-folder journaling.</summary>
    public string? Mailbox { get; init; }

    /// <summary>When the mail was sent, in managed-folder journaling.</summary>
    public DateTimeOffset? SentUtc { get; init; }

    /// <summary>When the mail was received, in managed-folder journaling.</summary>
    public DateTimeOffset? ReceivedUtc { get; init; }

    /// <summary>In the order of the report. A line with two lists, as for nested groups, gives two entries.</summary>
    public ImmutableArray<JournalRecipient> Recipients { get; init; } = [];
}

/// <summary>A recipient in the envelope.</summary>
/// <param name="Address">Who got the mail.</param>
/// <param name="Kind">The role named by the line.</param>
/// <param name="Expanded">The distribution list that contained the recipient; not a recipient itself.</param>
/// <param name="Forwarded">The address the mail was forwarded from.</param>
public sealed record JournalRecipient(string Address, RecipientKind Kind, string? Expanded = null, string? Forwarded = null);

/// <summary>The role of a recipient line.</summary>
public enum RecipientKind
{
    /// <summary><c>Recipient:</c> the role is unknown, as for any mail from the internet.</summary>
    Unknown,

    /// <summary><c>To:</c></summary>
    To,

    /// <summary><c>Cc:</c></summary>
    Cc,

    /// <summary><c>Bcc:</c></summary>
    Bcc,
}
