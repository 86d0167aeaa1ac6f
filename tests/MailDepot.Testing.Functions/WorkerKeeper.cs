namespace MailDepot.Testing.Functions;

/// <summary>Keeps one worker process running: when it ends, another takes its place, as with the Functions host.</summary>
internal sealed class WorkerKeeper : IAsyncDisposable
{
    private readonly FunctionsHostSetup setup;
    private readonly WorkerServer server;
    private readonly HostLog log;
    private readonly CancellationTokenSource ended = new();
    private readonly Lock gate = new();
    private TaskCompletionSource<RunningWorker> current = New();
    private RunningWorker? running;
    private Task keeping = Task.CompletedTask;

    private WorkerKeeper(FunctionsHostSetup setup, WorkerServer server, HostLog log) =>
        (this.setup, this.server, this.log) = (setup, server, log);

    public static async Task<WorkerKeeper> StartAsync(FunctionsHostSetup setup, WorkerServer server, HostLog log, CancellationToken ct)
    {
        var keeper = new WorkerKeeper(setup, server, log);
        var first = await RunningWorker.StartAsync(setup, server, log, ct);
        keeper.Take(first);
        keeper.keeping = keeper.KeepAsync(first);
        return keeper;
    }

    /// <summary>The worker that takes calls; waits while one starts.</summary>
    public Task<RunningWorker> CurrentAsync(CancellationToken ct)
    {
        lock (gate)
        {
            return current.Task.WaitAsync(ct);
        }
    }

    /// <summary>From now on calls wait for the next worker.</summary>
    public void Retire(RunningWorker worker)
    {
        lock (gate)
        {
            if (running == worker)
            {
                (running, current) = (null, New());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await keeping;
        ended.Dispose();
    }

    private static TaskCompletionSource<RunningWorker> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task KeepAsync(RunningWorker worker)
    {
        while (true)
        {
            await worker.EndedAsync().WaitAsync(ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            worker.Dispose();
            if (ended.IsCancellationRequested)
            {
                return;
            }

            Retire(worker);
            try
            {
                worker = await RunningWorker.StartAsync(setup, server, log, ended.Token);
            }
            catch (Exception failure)
            {
                current.TrySetException(failure);
                return;
            }

            Take(worker);
        }
    }

    private void Take(RunningWorker worker)
    {
        lock (gate)
        {
            running = worker;
            current.SetResult(worker);
        }
    }
}
