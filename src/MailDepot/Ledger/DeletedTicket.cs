using System.Text.Json.Serialization;
using MailDepot.Mail;

namespace MailDepot.Ledger;

/// <summary>A ticket that a person deleted from quarantine, and why: a line of the ledger of a kind of its own.</summary>
/// <remarks>
/// It is written before the ticket is removed. A deletion that was interrupted and asked for again leaves more than one
/// line; the last one counts.
/// </remarks>
public sealed record DeletedTicket
{
    /// <summary>The quarantine blob's name. The line's first property, which tells this kind from the others.</summary>
    [JsonPropertyName("deleted"), JsonPropertyOrder(-1)]
    public required string Name { get; init; }

    /// <summary>The format's version.</summary>
    public int V { get; init; } = 1;

    /// <summary>The archive container whose ledger has the line.</summary>
    public required string Container { get; init; }

    /// <summary>The ticket's id; null where the message had none.</summary>
    public Guid? Ticket { get; init; }

    /// <summary>When the person deleted it, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The person's reason.</summary>
    public required string Why { get; init; }

    /// <summary>Since when it was in quarantine, UTC.</summary>
    public required DateTimeOffset Quarantined { get; init; }

    /// <summary>The named reason for which it was there.</summary>
    public required string Reason { get; init; }

    /// <summary>That reason in words.</summary>
    public required string Sentence { get; init; }

    /// <summary>When the mail began to arrive, UTC; this and what follows is null where the ticket could not be read.</summary>
    public DateTimeOffset? Received { get; init; }

    /// <summary>The connector's view, with the envelope.</summary>
    public MailSource? Source { get; init; }

    /// <summary>Bytes of the mail as received.</summary>
    public long? Bytes { get; init; }

    /// <summary>Of the mail as received.</summary>
    public Digest? Sha256 { get; init; }
}
