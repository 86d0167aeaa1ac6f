using System.Collections.Immutable;

namespace MailDepot.Mail;

/// <summary>What one pass over a mail's octets found.</summary>
public sealed record MailReading
{
    /// <summary>Of all octets, as received.</summary>
    public required Digest Sha256 { get; init; }

    /// <summary>Octets in all.</summary>
    public required long Bytes { get; init; }

    /// <summary>Facts of the mail itself; as far as it could be read if there is a <see cref="Defect"/>.</summary>
    public required MailFacts Facts { get; init; }

    /// <summary>The header has an <c>X-MS-Journal-Report</c> field. Only a claim: anyone can write one.</summary>
    public bool ClaimsJournalReport { get; init; }

    /// <summary>Messages attached directly to the mail (<c>message/rfc822</c>), not those inside them; at most <see cref="MaxMessages"/>.</summary>
    public ImmutableArray<AttachedMessage> Messages { get; init; } = [];

    /// <summary>The first winmail.dat, read as a message; only of a mail that <see cref="ClaimsJournalReport"/>, for it may be the whole report.</summary>
    public TnefMessage? Tnef { get; init; }

    /// <summary>What a person would read of the mail and of the messages inside it, in their order; only if it was asked for.</summary>
    public ImmutableArray<BodyText> Texts { get; init; } = [];

    /// <summary>Attached messages whose facts are kept, and as many of those inside them; a journal report has one, with IRM two.</summary>
    public const int MaxMessages = 100;

    /// <summary>Why the mail could not be parsed to its end, in words; null if it could.</summary>
    public string? Defect { get; init; }
}

/// <summary>A message inside a mail.</summary>
/// <param name="Offset">Of its first octet from the mail's.</param>
/// <param name="Length">In octets, without the line end that belongs to the delimiter after it (RFC 2046 §5.1.1).</param>
/// <param name="Facts">Its own facts.</param>
/// <param name="ClaimsJournalReport">Its header has an <c>X-MS-Journal-Report</c> field: a lost report comes back attached to an NDR.</param>
public sealed record AttachedMessage(long Offset, long Length, MailFacts Facts, bool ClaimsJournalReport = false);
