namespace MailDepot.Host;

/// <summary>How long stopping may take.</summary>
/// <param name="Grace">What running work gets to end by itself: a transaction in DATA, a ticket in the archiver.</param>
internal sealed record Shutdown(TimeSpan Grace)
{
    /// <summary>A person waits for it: 5 seconds in all, with the end of Azurite.</summary>
    public static readonly Shutdown AtADesk = new(TimeSpan.FromSeconds(2));

    /// <summary>Within the 30 seconds that Kubernetes, and with it Container Apps, leaves between SIGTERM and SIGKILL.</summary>
    public static readonly Shutdown InAContainer = new(TimeSpan.FromSeconds(25));

    /// <summary>After this the host stops waiting for its services.</summary>
    public TimeSpan Limit => Grace + TimeSpan.FromSeconds(1);
}
