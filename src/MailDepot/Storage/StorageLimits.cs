namespace MailDepot.Storage;

/// <summary>Limits of Azure Storage that the code observes, each with its unit and source. Azurite enforces only some.</summary>
public static class StorageLimits
{
    /// <summary>Size of a queue message before base64: 64 KiB encoded (Azure "Scalability targets for Queue storage").</summary>
    public const int QueueMessageBytes = 48 * 1024;

    /// <summary>Bytes that messages leave free, so that a <c>RescueMark</c> (75 bytes at most) can be added later.</summary>
    public const int RescueMarkRoom = 128;

    /// <summary>Maximum number of messages per get (Azure "Get Messages").</summary>
    public const int MessagesPerGet = 32;

    /// <summary>
    /// Size of a staged block. Azure allows 4,000 MiB, and 50,000 blocks per blob ("Put Block"); with 4 MiB a 300 MB mail takes 75
    /// requests, and a mail in flight one pooled buffer.
    /// </summary>
    public const int BlockBytes = 4 * 1024 * 1024;

    /// <summary>Maximum number of appends per append blob (Azure "Append Block").</summary>
    public const int AppendsPerBlob = 50_000;

    /// <summary>Maximum size of a group of ledger lines; a single longer line is appended alone (Azure's limit is 100 MiB).</summary>
    public const int AppendBytes = 4 * 1024 * 1024;

    /// <summary>Maximum number of actions per table transaction (Azure "Performing entity group transactions").</summary>
    public const int TransactionRows = 100;

    /// <summary>Maximum size of a table transaction: 4 MiB in Azure, minus its framing.</summary>
    public const int TransactionBytes = 3 * 1024 * 1024;

    /// <summary>Maximum size of a binary property: 64 KiB (Azure "Understanding the Table service data model").</summary>
    public const int PropertyBytes = 64 * 1024;

    /// <summary>Characters of a text shown in lists: far below Azure's 32,768, so that 100 rows fit one transaction.</summary>
    public const int ListTextLength = 1_024;

    /// <summary>Time to live of a message that never expires; <see cref="Timeout.InfiniteTimeSpan"/> is refused with 400.</summary>
    public static readonly TimeSpan NeverExpires = TimeSpan.FromSeconds(-1);
}
