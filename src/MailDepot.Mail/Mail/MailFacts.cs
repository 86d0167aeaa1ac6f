using System.Collections.Immutable;

namespace MailDepot.Mail;

/// <summary>What a mail says about itself, decoded for people and for the index. Absent means: not in the mail.</summary>
public sealed record MailFacts
{
    /// <summary>Without angle brackets (RFC 5322 §3.6.4).</summary>
    public string? MessageId { get; init; }

    /// <summary>
    /// When the mail was sent: its Date field. If that is missing, unreadable or absurd, a flag says so, and this is the time of
    /// the newest hop (the first Received field), or absent if there is none. The archive's clock is never used: the same bytes
    /// always give the same facts, and the receipt records when the mail arrived.
    /// </summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>The text of a Date field that is not credible or not fully understood; absent if <see cref="Date"/> says it all.</summary>
    public string? DateText { get; init; }

    /// <summary>Decoded (RFC 2047) and unfolded.</summary>
    public string? Subject { get; init; }

    /// <summary>The From field; several authors are allowed.</summary>
    public ImmutableArray<EmailAddress> From { get; init; } = [];

    /// <summary>The Sender field: who sent the mail on behalf of the authors (RFC 5322 §3.6.2).</summary>
    public EmailAddress? Sender { get; init; }

    /// <summary>The Reply-To field, groups flattened.</summary>
    public ImmutableArray<EmailAddress> ReplyTo { get; init; } = [];

    /// <summary>The To field, groups flattened.</summary>
    public ImmutableArray<EmailAddress> To { get; init; } = [];

    /// <summary>The Cc field, groups flattened.</summary>
    public ImmutableArray<EmailAddress> Cc { get; init; } = [];

    /// <summary>The Bcc field, which only the sender's own copy has.</summary>
    public ImmutableArray<EmailAddress> Bcc { get; init; } = [];

    /// <summary>At most <see cref="MaxAttachments"/>, in the order of the mail.</summary>
    public ImmutableArray<Attachment> Attachments { get; init; } = [];

    /// <summary>All messages inside the mail, at any depth, in the order of the mail; they are found together with it.</summary>
    public ImmutableArray<MessageInside> Messages { get; init; } = [];

    /// <summary>Caveats about these facts, each once.</summary>
    public ImmutableArray<MailFlag> Flags { get; init; } = [];

    /// <summary>
    /// Attachments recorded for the mail itself, and again as many for all messages inside it together. The document keeps all.
    /// </summary>
    public const int MaxAttachments = 1_000;
}

/// <summary>A part of a mail that people would save as a file.</summary>
/// <param name="Name">The decoded file name (RFC 2231, RFC 2047) without its path, if it has one.</param>
/// <param name="ContentType">The declared media type, lower case: <c>application/pdf</c>.</param>
/// <param name="Bytes">Size after transfer decoding; of an attached message, its size in the mail.</param>
/// <param name="Sha256">Of the decoded bytes; absent for an attached message.</param>
public sealed record Attachment(string? Name, string ContentType, long Bytes, Digest? Sha256)
{
    /// <summary>The media type detected from its first bytes (<see cref="FileType"/>); absent if they are not recognized.</summary>
    public string? FoundType { get; init; }

    /// <summary>The winmail.dat (TNEF) or signed file (S/MIME) it was unpacked from; absent for a part of the mail itself.</summary>
    public string? UnpackedFrom { get; init; }
}

/// <summary>A message inside a mail.</summary>
/// <param name="Depth">1: attached to the mail itself; 2: to a message of depth 1.</param>
/// <param name="Facts">Its own facts; the messages inside it follow it in the list.</param>
public sealed record MessageInside(int Depth, MailFacts Facts);
