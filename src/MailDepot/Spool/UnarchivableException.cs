namespace MailDepot.Spool;

/// <summary>The named reasons for which a ticket goes to quarantine. Every other failure is temporary.</summary>
public enum QuarantineReason
{
    /// <summary>The message, or the spool blob's first line, is no ticket.</summary>
    TicketUnreadable,

    /// <summary>The payload is not gzip to its end.</summary>
    PayloadCorrupt,

    /// <summary>The mail is not the one that the connector took in.</summary>
    HashMismatch,

    /// <summary>The spool blob is gone, and nothing tells that its mail was archived.</summary>
    SpoolBlobGone,

    /// <summary>It is for the postmaster, not for the archive (RFC 5321 §4.5.1).</summary>
    Postmaster,

    /// <summary>It was rescued for a day and still did not succeed.</summary>
    NeverSucceeded,
}

/// <summary>This ticket can never be archived as it is: it goes to quarantine, for a person.</summary>
/// <param name="reason">The named reason.</param>
/// <param name="message">One sentence for a person.</param>
public sealed class UnarchivableException(QuarantineReason reason, string message) : Exception(message)
{
    /// <summary>The named reason.</summary>
    public QuarantineReason Reason { get; } = reason;
}

/// <summary>Nothing is broken, but this ticket has to wait for something that the message names; then it will be archived.</summary>
public class NotYetException(string message) : Exception(message);

/// <summary>A ticket of a later version, as in the middle of an update: it stays on the queue until an archiver knows it.</summary>
public sealed class NewerTicketException(int version) : NotYetException(
    $"A ticket has version {version} and this archiver reads version {Ticket.Version}: it waits for an archiver that is up to date.");
