using System.Text.Json.Serialization;
using MailDepot.Mail;

namespace MailDepot.Ledger;

/// <summary>A ticket that a person deleted from quarantine, and why: a ledger line of its own kind.</summary>
/// <remarks>
/// Written before the ticket is removed. A deletion that was interrupted and repeated leaves more than one line; the last one
/// counts.
/// </remarks>
public sealed record DeletedTicket
{
    /// <summary>The quarantine blob's name. The line's first property, which distinguishes this kind from the others.</summary>
    [JsonPropertyName("deleted"), JsonPropertyOrder(-1)]
    public required string Name { get; init; }

    /// <summary>Format version.</summary>
    public int V { get; init; } = 1;

    /// <summary>The archive container whose ledger has this line.</summary>
    public required string Container { get; init; }

    /// <summary>The ticket's id; null if the message had none.</summary>
    public Guid? Ticket { get; init; }

    /// <summary>When the person deleted it, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The person's reason.</summary>
    public required string Why { get; init; }

    /// <summary>When it was quarantined, UTC.</summary>
    public required DateTimeOffset Quarantined { get; init; }

    /// <summary>Why it was quarantined, as a code.</summary>
    public required string Reason { get; init; }

    /// <summary>Why it was quarantined, as a sentence.</summary>
    public required string Sentence { get; init; }

    /// <summary>When the mail began to arrive, UTC; this and the following are null if the ticket could not be read.</summary>
    public DateTimeOffset? Received { get; init; }

    /// <summary>Where the mail came from, with its envelope.</summary>
    public MailSource? Source { get; init; }

    /// <summary>Size of the mail as received.</summary>
    public long? Bytes { get; init; }

    /// <summary>SHA-256 of the mail as received.</summary>
    public Digest? Sha256 { get; init; }
}
