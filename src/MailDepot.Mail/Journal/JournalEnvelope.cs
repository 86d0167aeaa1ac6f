using System.Collections.Immutable;

namespace MailDepot.Journal;

/// <summary>What the envelope part of a journal report says (MS-XJRNL §2.1.4.2): who really got the mail. Absent means: not in the report.</summary>
public sealed partial record JournalEnvelope
{
    /// <summary>An address, or <c>[EX:…]</c> with an X.500 name.</summary>
    public string? Sender { get; init; }

    /// <summary>The one for whom a delegate sent.</summary>
    public string? OnBehalfOf { get; init; }

    /// <summary>The subject as the report states it.</summary>
    public string? Subject { get; init; }

    /// <summary>The original's Message-ID, without angle brackets.</summary>
    public string? MessageId { get; init; }

    /// <summary>Label of the old managed-folder journaling.</summary>
    public string? Label { get; init; }

    /// <summary>The mailbox in whose folder the mail was found, of the same.</summary>
    public string? Mailbox { get; init; }

    /// <summary>When it was sent, of the same.</summary>
    public DateTimeOffset? SentUtc { get; init; }

    /// <summary>When it was received, of the same.</summary>
    public DateTimeOffset? ReceivedUtc { get; init; }

    /// <summary>In the order of the report. A line with two lists, as for a group in a group, is two of them.</summary>
    public ImmutableArray<JournalRecipient> Recipients { get; init; } = [];
}

/// <summary>One recipient line.</summary>
/// <param name="Address">Who got the mail.</param>
/// <param name="Kind">The role the line names.</param>
/// <param name="Expanded">The distribution list that led here; itself no recipient.</param>
/// <param name="Forwarded">The address it was forwarded from.</param>
public sealed record JournalRecipient(string Address, RecipientKind Kind, string? Expanded = null, string? Forwarded = null);

/// <summary>The role of a recipient line.</summary>
public enum RecipientKind
{
    /// <summary><c>Recipient:</c> the role is not known, as for every mail from the internet.</summary>
    Unknown,

    /// <summary><c>To:</c></summary>
    To,

    /// <summary><c>Cc:</c></summary>
    Cc,

    /// <summary><c>Bcc:</c></summary>
    Bcc,
}
