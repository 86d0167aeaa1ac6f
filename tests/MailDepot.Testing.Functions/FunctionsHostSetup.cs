namespace MailDepot.Testing.Functions;

/// <summary>What a <see cref="FunctionsHost"/> runs, and in which ways it differs from the one on Azure.</summary>
public sealed record FunctionsHostSetup
{
    /// <summary>The published app, with its <c>host.json</c>.</summary>
    public required string AppFolder { get; init; }

    /// <summary>Connection string of the account with the queues, as <c>AzureWebJobsStorage</c>.</summary>
    public required string Storage { get; init; }

    /// <summary>The app's settings, with colons; the worker gets them as environment variables.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Values that replace those of <c>host.json</c>: <c>extensions:queues:visibilityTimeout</c>.</summary>
    public IReadOnlyDictionary<string, string?> HostJson { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Schedules that replace the app's own, by function.</summary>
    public IReadOnlyDictionary<string, string> Schedules { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// How long a message stays hidden that the listener gets, in place of its 10 minutes; null leaves those. Renewals are as late as
    /// ever, so a call that takes longer is made twice.
    /// </summary>
    public TimeSpan? HiddenFor { get; init; }

    /// <summary>Whether the host samples the calls' traces, and so sets the flag in the parent of each.</summary>
    public bool SamplesCalls { get; init; }
}
