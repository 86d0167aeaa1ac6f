using System.Collections.Immutable;

namespace MailDepot.Mail;

/// <summary>What a mail says of itself, decoded for people and for the index. Absent means: not in the mail.</summary>
public sealed record MailFacts
{
    /// <summary>Without angle brackets (RFC 5322 §3.6.4).</summary>
    public string? MessageId { get; init; }

    /// <summary>The Date field, if it can be read.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>RFC 2047 decoded, unfolded.</summary>
    public string? Subject { get; init; }

    /// <summary>The From field; several authors are allowed.</summary>
    public ImmutableArray<EmailAddress> From { get; init; } = [];

    /// <summary>The To field, groups flattened.</summary>
    public ImmutableArray<EmailAddress> To { get; init; } = [];

    /// <summary>The Cc field, groups flattened.</summary>
    public ImmutableArray<EmailAddress> Cc { get; init; } = [];

    /// <summary>The Bcc field, which only a sender's own copy has.</summary>
    public ImmutableArray<EmailAddress> Bcc { get; init; } = [];

    /// <summary>At most <see cref="MaxAttachments"/>, in the order of the mail.</summary>
    public ImmutableArray<Attachment> Attachments { get; init; } = [];

    /// <summary>Attachments kept in the facts of one mail; the mail itself keeps them all.</summary>
    public const int MaxAttachments = 1_000;
}

/// <summary>A part of a mail that a person would save as a file.</summary>
/// <param name="Name">Decoded file name (RFC 2231, RFC 2047), if it has one.</param>
/// <param name="ContentType">The declared media type, lower case: <c>application/pdf</c>.</param>
/// <param name="Bytes">Octets after transfer decoding; of an attached message, its octets in the mail.</param>
/// <param name="Sha256">Of the decoded octets; absent for an attached message.</param>
public sealed record Attachment(string? Name, string ContentType, long Bytes, Digest? Sha256);
