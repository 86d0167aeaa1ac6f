namespace MailDepot.Host.Serving;

/// <summary>How long stopping may take.</summary>
/// <param name="Grace">Time for running work to finish: a transaction in DATA, a ticket in the archiver.</param>
internal sealed record Shutdown(TimeSpan Grace)
{
    /// <summary>For a waiting user: 5 seconds in all, including the end of Azurite.</summary>
    public static readonly Shutdown Interactive = new(TimeSpan.FromSeconds(2));

    /// <summary>Time that the host and the runtime themselves need after the grace.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(5);

    /// <summary>For a container whose platform sends SIGKILL <see cref="DepotOptions.GraceSeconds"/> after SIGTERM.</summary>
    public static Shutdown ForContainer(int seconds) => new(TimeSpan.FromSeconds(seconds) - Reserve);

    /// <summary>After this the host stops waiting for its services.</summary>
    public TimeSpan Limit => Grace + TimeSpan.FromSeconds(1);
}
