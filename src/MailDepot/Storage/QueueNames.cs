namespace MailDepot.Storage;

/// <summary>The queues of the work account, as constants: a trigger's attribute names its queue.</summary>
public static class QueueNames
{
    /// <summary>A message is a ticket.</summary>
    public const string Archive = "archive";

    /// <summary>Tickets that failed five times. The Functions host gives the name: the queue's, and <c>-poison</c>.</summary>
    public const string ArchivePoison = $"{Archive}-poison";

    /// <summary>A message names a mailbox that is due.</summary>
    public const string Pop3Poll = "pop3-poll";
}
