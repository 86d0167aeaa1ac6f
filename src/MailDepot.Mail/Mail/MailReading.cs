using System.Collections.Immutable;

namespace MailDepot.Mail;

/// <summary>The result of one pass over a mail.</summary>
public sealed record MailReading
{
    /// <summary>Of the whole mail as received.</summary>
    public required Digest Sha256 { get; init; }

    /// <summary>Size of the whole mail.</summary>
    public required long Bytes { get; init; }

    /// <summary>Facts of the mail itself; incomplete if there is a <see cref="Defect"/>.</summary>
    public required MailFacts Facts { get; init; }

    /// <summary>The header has an <c>X-MS-Journal-Report</c> field. Only a claim: anyone can write one.</summary>
    public bool ClaimsJournalReport { get; init; }

    /// <summary>
    /// Messages attached directly to the mail (<c>message/rfc822</c>), not those inside them; at most <see cref="MaxMessages"/>.
    /// </summary>
    public ImmutableArray<AttachedMessage> Messages { get; init; } = [];

    /// <summary>
    /// The first winmail.dat, read as a message; only if the mail <see cref="ClaimsJournalReport"/>, as it may be the whole
    /// report.
    /// </summary>
    public TnefMessage? Tnef { get; init; }

    /// <summary>The readable text of the mail and of each message inside it, in order; only if requested.</summary>
    public ImmutableArray<BodyText> Texts { get; init; } = [];

    /// <summary>
    /// Attached messages whose facts are kept, and again as many inside those. A journal report has one, with IRM two.
    /// </summary>
    public const int MaxMessages = 100;

    /// <summary>A sentence that says why the mail could not be parsed to its end; null if it could. Stored in the ledger.</summary>
    public string? Defect { get; init; }
}

/// <summary>A message inside a mail.</summary>
/// <param name="Offset">In bytes from the start of the mail.</param>
/// <param name="Length">In bytes, without the line end that belongs to the delimiter after it (RFC 2046 §5.1.1).</param>
/// <param name="Facts">Its own facts.</param>
/// <param name="ClaimsJournalReport">
/// Its header has an <c>X-MS-Journal-Report</c> field: an undelivered report comes back attached to an NDR.
/// </param>
public sealed record AttachedMessage(long Offset, long Length, MailFacts Facts, bool ClaimsJournalReport = false);
