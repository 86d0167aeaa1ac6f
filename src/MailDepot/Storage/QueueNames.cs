namespace MailDepot.Storage;

/// <summary>The queues of the work account, as constants for the attributes of triggers.</summary>
public static class QueueNames
{
    /// <summary>Tickets to archive.</summary>
    public const string Archive = "archive";

    /// <summary>Tickets that failed five times. The Functions host appends <c>-poison</c> to the queue's name.</summary>
    public const string ArchivePoison = $"{Archive}-poison";

    /// <summary>Mailboxes that are due.</summary>
    public const string Pop3Poll = "pop3-poll";
}
