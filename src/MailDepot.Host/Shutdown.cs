namespace MailDepot.Host;

/// <summary>How long stopping may take: 5 seconds in all, for a person waits for it, and a container gets little more.</summary>
internal static class Shutdown
{
    /// <summary>What running work gets to end by itself: a transaction in DATA, a ticket in the archiver.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>After this the host stops waiting for its services; Azurite's end comes on top.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);
}
