namespace MailDepot.Spool;

/// <summary>Why a ticket is quarantined. Every other failure is temporary.</summary>
public enum QuarantineReason
{
    /// <summary>The message, or the first line of the spool blob, is not a ticket.</summary>
    TicketUnreadable,

    /// <summary>The payload is not valid gzip, or is truncated.</summary>
    PayloadCorrupt,

    /// <summary>The mail's hash or size differs from what the connector recorded.</summary>
    HashMismatch,

    /// <summary>The spool blob is missing, and nothing shows that its mail was archived.</summary>
    SpoolBlobGone,

    /// <summary>The mail is for the postmaster, not for the archive (RFC 5321 §4.5.1).</summary>
    Postmaster,

    /// <summary>It still failed after being rescued for a day.</summary>
    NeverSucceeded,
}

/// <summary>This ticket can never be archived as it is: it goes to quarantine, for a person.</summary>
/// <param name="reason">The reason to record.</param>
/// <param name="message">One sentence for people.</param>
public sealed class UnarchivableException(QuarantineReason reason, string message) : Exception(message)
{
    /// <summary>The reason to record.</summary>
    public QuarantineReason Reason { get; } = reason;
}

/// <summary>Nothing is broken, but the ticket must wait for what the message names before it can be archived.</summary>
public class NotYetException(string message) : Exception(message);

/// <summary>A ticket of a later version, as during an upgrade: it stays on the queue until an archiver can read it.</summary>
public sealed class NewerTicketException(int version) : NotYetException(
    $"A ticket has version {version}, but this archiver reads version {Ticket.Version}: it waits for an upgraded archiver.");
