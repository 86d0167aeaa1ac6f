namespace MailDepot.Benchmarks.Functions;

/// <summary>A running process that archives what is on the queue.</summary>
internal interface IWorkerProcess : IAsyncDisposable
{
    /// <summary>The operating system's.</summary>
    int Id { get; }

    /// <summary>Ends it in order, so that it exports the telemetry that it still holds.</summary>
    Task EndAsync(CancellationToken ct);
}
