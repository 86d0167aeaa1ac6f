using System.Collections.Immutable;
using Microsoft.Azure.WebJobs;

namespace MailDepot.Testing.Functions;

/// <summary>
/// The Functions host in this process, as near to Azure's as its packages go: the app's real worker process over gRPC, and the WebJobs
/// SDK's real listeners with the app's <c>host.json</c> before it.
/// </summary>
public sealed class FunctionsHost : IAsyncDisposable
{
    /// <summary>How long a worker may take to end before the Functions host kills it (WorkerTerminateGracePeriodInSeconds there).</summary>
    public static readonly TimeSpan WorkerGrace = TimeSpan.FromSeconds(5);

    private readonly WorkerServer server;
    private readonly WorkerKeeper workers;
    private readonly ListenerKeeper listeners;
    private readonly HostLog log;

    private FunctionsHost(
        WorkerServer server, WorkerKeeper workers, WorkerCalls calls, ListenerKeeper listeners, HostLog log,
        IEnumerable<AppFunction> functions) =>
        (this.server, this.workers, Calls, this.listeners, this.log, Functions) = (server, workers, calls, listeners, log, [.. functions]);

    /// <summary>What the worker says it has.</summary>
    public ImmutableArray<AppFunction> Functions { get; }

    /// <summary>How the calls ended.</summary>
    public WorkerCalls Calls { get; }

    /// <summary>The host's log, by the levels of <c>host.json</c>, and what the worker sends for it.</summary>
    public ImmutableArray<HostLogLine> Log => log.Lines;

    /// <summary>Starts a worker and, once it has loaded its functions, the listeners.</summary>
    public static async Task<FunctionsHost> StartAsync(FunctionsHostSetup setup, CancellationToken ct)
    {
        var lines = new HostLog();
        var endpoint = await WorkerServer.StartAsync(ct);
        var keeper = await WorkerKeeper.StartAsync(setup, endpoint, lines, ct);
        var functions = (await keeper.CurrentAsync(ct)).Functions.Values.ToList();
        var calls = new WorkerCalls(keeper);
        var names = new Names(functions, setup.Schedules);
        var listening = await ListenerKeeper.StartAsync(unhandled => Listeners.Build(setup, calls, names, lines, unhandled), ct);
        return new(endpoint, keeper, calls, listening, lines, functions);
    }

    /// <summary>Calls at work in the worker; each task ends as its call does.</summary>
    public async Task<ICollection<Task>> AtWorkAsync(CancellationToken ct) => (await workers.CurrentAsync(ct)).AtWork;

    /// <summary>The worker's process.</summary>
    public async Task<int> WorkerProcessIdAsync(CancellationToken ct) => (await workers.CurrentAsync(ct)).ProcessId;

    /// <summary>Waits for the worker's first call that succeeds; returns the time since its process was started.</summary>
    public async Task<TimeSpan> FirstResultAsync(CancellationToken ct) =>
        await (await workers.CurrentAsync(ct)).FirstResult.WaitAsync(ct);

    /// <summary>Kills the worker's process, as <c>kill -9</c> does; another takes its place.</summary>
    public async Task KillWorkerAsync(CancellationToken ct) => (await workers.CurrentAsync(ct)).Kill();

    /// <summary>
    /// Sends WorkerTerminate, and kills the process if it has not ended after <see cref="WorkerGrace"/>; another takes its place.
    /// </summary>
    /// <returns>Whether it ended by itself.</returns>
    public async Task<bool> TerminateWorkerAsync(CancellationToken ct)
    {
        var worker = await workers.CurrentAsync(ct);
        workers.Retire(worker);
        worker.Terminate();
        try
        {
            await worker.EndedAsync().WaitAsync(WorkerGrace, ct);
            return true;
        }
        catch (TimeoutException)
        {
            worker.Kill();
            return false;
        }
    }

    /// <summary>Sends InvocationCancel for each call that is at work.</summary>
    public async Task CancelCallsAsync(CancellationToken ct) => (await workers.CurrentAsync(ct)).CancelAll();

    /// <summary>Stops the listeners, which lets calls at work finish, and ends the worker.</summary>
    public async ValueTask DisposeAsync()
    {
        await listeners.DisposeAsync();
        await workers.DisposeAsync();
        await server.DisposeAsync();
    }

    /// <summary>What the names in percent signs of <see cref="ListenedFunctions"/> stand for.</summary>
    private sealed class Names : INameResolver
    {
        private readonly ImmutableDictionary<string, string> sources;

        public Names(List<AppFunction> functions, IReadOnlyDictionary<string, string> schedules)
        {
            var listened = typeof(ListenedFunctions).GetMethods()
                .Where(method => method.DeclaringType == typeof(ListenedFunctions)).Select(method => method.Name);
            var there = functions.Select(function => function.Name).ToHashSet(StringComparer.Ordinal);
            sources = there.SetEquals(listened)
                ? functions.ToImmutableDictionary(
                    function => function.Name, function => schedules.GetValueOrDefault(function.Name, function.Source),
                    StringComparer.Ordinal)
                : throw new InvalidOperationException(
                    $"The app has the functions {string.Join(", ", there)}: name them all in {nameof(ListenedFunctions)}.");
        }

        public string? Resolve(string name) => sources.GetValueOrDefault(name);
    }
}
