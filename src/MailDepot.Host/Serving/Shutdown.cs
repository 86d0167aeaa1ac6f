namespace MailDepot.Host.Serving;

/// <summary>How long stopping may take.</summary>
/// <param name="Grace">What running work gets to end by itself: a transaction in DATA, a ticket in the archiver.</param>
internal sealed record Shutdown(TimeSpan Grace)
{
    /// <summary>A person waits for it: 5 seconds in all, with the end of Azurite.</summary>
    public static readonly Shutdown AtADesk = new(TimeSpan.FromSeconds(2));

    /// <summary>What the host and the runtime need themselves, after the grace.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(5);

    /// <summary>Within the seconds that the container's platform leaves between SIGTERM and SIGKILL, <see cref="DepotOptions.GraceSeconds"/>.</summary>
    public static Shutdown InAContainer(int seconds) => new(TimeSpan.FromSeconds(seconds) - Reserve);

    /// <summary>After this the host stops waiting for its services.</summary>
    public TimeSpan Limit => Grace + TimeSpan.FromSeconds(1);
}
