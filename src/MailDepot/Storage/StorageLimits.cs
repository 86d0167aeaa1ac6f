namespace MailDepot.Storage;

/// <summary>Limits of Azure Storage that the code keeps, each with its unit and source. Azurite enforces only some.</summary>
public static class StorageLimits
{
    /// <summary>Octets of a queue message before base64: 64 KiB encoded (Azure "Scalability targets for Queue storage").</summary>
    public const int QueueMessageBytes = 48 * 1024;

    /// <summary>Octets that a message leaves free, so that what is known of its rescues fits in later (<c>RescueMark</c>: 75 at most).</summary>
    public const int RescueMarkRoom = 128;

    /// <summary>Messages that one get returns at most (Azure "Get Messages").</summary>
    public const int MessagesPerGet = 32;

    /// <summary>
    /// Octets of a block as we stage it. Azure takes up to 4,000 MiB and 50,000 blocks a blob ("Put Block"); 4 MiB
    /// keep a 300 MB mail to 75 requests and a mail in flight to one pooled buffer.
    /// </summary>
    public const int BlockBytes = 4 * 1024 * 1024;

    /// <summary>Appends that one append blob takes (Azure "Append Block").</summary>
    public const int AppendsPerBlob = 50_000;

    /// <summary>Octets that one group of ledger lines fills; a single longer line goes alone (Azure's limit is 100 MiB).</summary>
    public const int AppendBytes = 4 * 1024 * 1024;

    /// <summary>Actions in one table transaction (Azure "Performing entity group transactions").</summary>
    public const int TransactionRows = 100;

    /// <summary>Octets of one table transaction: 4 MiB in Azure, less what its own framing takes.</summary>
    public const int TransactionBytes = 3 * 1024 * 1024;

    /// <summary>Octets of a binary property: 64 KiB (Azure "Understanding the Table service data model").</summary>
    public const int PropertyBytes = 64 * 1024;

    /// <summary>Characters of a text property that a list shows: far below Azure's 32,768, so 100 rows stay one transaction.</summary>
    public const int ListTextLength = 1_024;

    /// <summary>UTF-16 characters of a partition or row key: 1 KiB (Azure "Understanding the Table service data model").</summary>
    public const int KeyLength = 512;

    /// <summary>A message with this time to live never expires; <see cref="Timeout.InfiniteTimeSpan"/> is refused with 400.</summary>
    public static readonly TimeSpan NeverExpires = TimeSpan.FromSeconds(-1);
}
