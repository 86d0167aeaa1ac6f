using System.Collections.Immutable;

namespace MailDepot.Mail;

/// <summary>What a mail says of itself, decoded for people and for the index. Absent means: not in the mail.</summary>
public sealed record MailFacts
{
    /// <summary>Without angle brackets (RFC 5322 §3.6.4).</summary>
    public string? MessageId { get; init; }

    /// <summary>
    /// When the mail was sent: its Date field. Where that is missing, unreadable or absurd, a flag says so, and this is
    /// the time of the newest hop (the first Received field); absent where there was none. The archive's own clock is
    /// not asked: the same octets make the same facts at any time, and the receipt knows when the mail came.
    /// </summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>The words of a Date field that is not believed, or was not understood as a whole; absent where <see cref="Date"/> says all of it.</summary>
    public string? DateText { get; init; }

    /// <summary>RFC 2047 decoded, unfolded.</summary>
    public string? Subject { get; init; }

    /// <summary>The From field; several authors are allowed.</summary>
    public ImmutableArray<EmailAddress> From { get; init; } = [];

    /// <summary>The Sender field: who sent it for the authors (RFC 5322 §3.6.2).</summary>
    public EmailAddress? Sender { get; init; }

    /// <summary>The Reply-To field, groups flattened.</summary>
    public ImmutableArray<EmailAddress> ReplyTo { get; init; } = [];

    /// <summary>The To field, groups flattened.</summary>
    public ImmutableArray<EmailAddress> To { get; init; } = [];

    /// <summary>The Cc field, groups flattened.</summary>
    public ImmutableArray<EmailAddress> Cc { get; init; } = [];

    /// <summary>The Bcc field, which only a sender's own copy has.</summary>
    public ImmutableArray<EmailAddress> Bcc { get; init; } = [];

    /// <summary>At most <see cref="MaxAttachments"/>, in the order of the mail.</summary>
    public ImmutableArray<Attachment> Attachments { get; init; } = [];

    /// <summary>Messages attached to it and to those, however deep, in the order of the mail: found with it, as its parts.</summary>
    public ImmutableArray<MessageInside> Messages { get; init; } = [];

    /// <summary>What a person should know about these facts, each once.</summary>
    public ImmutableArray<MailFlag> Flags { get; init; } = [];

    /// <summary>Attachments kept in the facts of one mail, and as many of all messages inside it; the mail itself keeps them all.</summary>
    public const int MaxAttachments = 1_000;
}

/// <summary>A part of a mail that a person would save as a file.</summary>
/// <param name="Name">Decoded file name (RFC 2231, RFC 2047) without its path, if it has one.</param>
/// <param name="ContentType">The declared media type, lower case: <c>application/pdf</c>.</param>
/// <param name="Bytes">Octets after transfer decoding; of an attached message, its octets in the mail.</param>
/// <param name="Sha256">Of the decoded octets; absent for an attached message.</param>
public sealed record Attachment(string? Name, string ContentType, long Bytes, Digest? Sha256)
{
    /// <summary>The media type that its first octets prove (<see cref="FileType"/>), whatever is declared; absent where they prove none.</summary>
    public string? FoundType { get; init; }

    /// <summary>The winmail.dat (TNEF) or signed file (S/MIME) that it was unpacked from; absent for a part of the mail itself.</summary>
    public string? UnpackedFrom { get; init; }
}

/// <summary>A message attached to a mail.</summary>
/// <param name="Depth">1: attached to the mail itself; 2: to a message of depth 1.</param>
/// <param name="Facts">Its own; the messages inside it follow it in the list.</param>
public sealed record MessageInside(int Depth, MailFacts Facts);
