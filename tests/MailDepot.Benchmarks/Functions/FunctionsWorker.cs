using MailDepot.Testing.Functions;

namespace MailDepot.Benchmarks.Functions;

/// <summary>The published app in its worker process; the host with the real listeners is in this one.</summary>
internal sealed class FunctionsWorker(FunctionsHost host, int id) : IWorkerProcess
{
    public int Id => id;

    /// <summary>What the host runs.</summary>
    /// <param name="app">Folder of the published app.</param>
    /// <param name="storage">Connection string.</param>
    /// <param name="settings">Of the app.</param>
    public static FunctionsHostSetup Setup(string app, string storage, IReadOnlyDictionary<string, string?> settings) => new()
    {
        AppFolder = app,
        Storage = storage,
        Settings = settings,
        HostJson = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["extensions:queues:maxPollingInterval"] = "00:00:01", // as often as the pump of `maildepot worker` looks
        },
    };

    public static async Task<IWorkerProcess> StartAsync(
        string app, string storage, IReadOnlyDictionary<string, string?> settings, CancellationToken ct)
    {
        var started = await FunctionsHost.StartAsync(Setup(app, storage, settings), ct);
        return new FunctionsWorker(started, await started.WorkerProcessIdAsync(ct));
    }

    public async Task EndAsync(CancellationToken ct)
    {
        if (!await host.TerminateWorkerAsync(ct))
        {
            throw new BrokenRunException("The Functions worker did not end when it was asked to.");
        }
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
