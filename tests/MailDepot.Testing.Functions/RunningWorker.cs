using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using MailDepot.Testing.Functions.Rpc;

namespace MailDepot.Testing.Functions;

/// <summary>A worker process that has loaded its functions, and the calls that are at work in it.</summary>
internal sealed class RunningWorker : IDisposable
{
    private readonly WorkerProcess process;
    private readonly WorkerConnection connection;
    private readonly bool samplesCalls;
    private readonly ConcurrentDictionary<string, Task> calls = new(StringComparer.Ordinal);

    private readonly TaskCompletionSource<TimeSpan> firstResult = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long began;

    /// <param name="began">When the process was started, as a timestamp of <see cref="Stopwatch"/>.</param>
    private RunningWorker(
        WorkerProcess process, WorkerConnection connection, ImmutableDictionary<string, AppFunction> functions, bool samplesCalls,
        long began) =>
        (this.process, this.connection, Functions, this.samplesCalls, this.began) = (process, connection, functions, samplesCalls, began);

    /// <summary>By name.</summary>
    public ImmutableDictionary<string, AppFunction> Functions { get; }

    public int ProcessId => process.ProcessId;

    /// <summary>Calls that are not answered yet.</summary>
    public ICollection<Task> AtWork => calls.Values;

    /// <summary>From the start of the process to the first call that succeeded; completes with that call.</summary>
    public Task<TimeSpan> FirstResult => firstResult.Task;

    public Task EndedAsync() => process.EndedAsync();

    /// <summary>Starts a process and has it load its functions, in the order in which the Functions host does it.</summary>
    /// <exception cref="InvalidOperationException">The process ended, or a function can't be loaded; quotes what it wrote.</exception>
    public static async Task<RunningWorker> StartAsync(
        FunctionsHostSetup setup, WorkerServer server, HostLog log, CancellationToken ct)
    {
        var workerId = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        var timestamp = Stopwatch.GetTimestamp();
        var started = WorkerProcess.Start(setup, workerId, server.Address);
        try
        {
            var connecting = server.ConnectionAsync(workerId);
            if (await Task.WhenAny(connecting, started.EndedAsync()).WaitAsync(ct) != connecting)
            {
                throw new InvalidOperationException($"The worker ended before it connected: {started.Output}");
            }

            var connected = await connecting;
            connected.Log = log.Add;
            return new(started, connected, await LoadAsync(connected, setup.AppFolder), setup.SamplesCalls, timestamp);
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    /// <summary>Calls a function and waits for it.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="trigger">What triggered it.</param>
    /// <param name="metadata">What else is known of that.</param>
    /// <param name="ct">Cancels the call in the worker, which still answers.</param>
    /// <exception cref="FunctionFailedException">It failed or was cancelled.</exception>
    /// <exception cref="WorkerGoneException">The process ended.</exception>
    public async Task CallAsync(
        string function, TypedData trigger, IEnumerable<KeyValuePair<string, TypedData>> metadata, CancellationToken ct)
    {
        var callee = Functions[function];
        var call = new InvocationRequest
        {
            InvocationId = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString(),
            FunctionId = callee.Id,
            InputData = { new ParameterBinding { Name = callee.Parameter, Data = trigger } },
            TraceContext = new TraceContext { TraceParent = TraceParent() },
        };
        foreach (var (name, value) in metadata)
        {
            call.TriggerMetadata[name] = value;
        }

        var answered = AskAsync(call);
        calls[call.InvocationId] = answered;
        try
        {
            await using var cancelling = ct.Register(() => Cancel(call.InvocationId));
            await answered;
            firstResult.TrySetResult(Stopwatch.GetElapsedTime(began));
        }
        finally
        {
            calls.TryRemove(call.InvocationId, out _);
        }
    }

    /// <summary>Cancels every call that is at work.</summary>
    public void CancelAll()
    {
        foreach (var call in calls.Keys)
        {
            Cancel(call);
        }
    }

    /// <summary>Asks the worker to end, as the Functions host does before it stops.</summary>
    public void Terminate() => connection.Send(new StreamingMessage { WorkerTerminate = new() });

    public void Kill() => process.Kill();

    public void Dispose() => process.Dispose();

    private static async Task<ImmutableDictionary<string, AppFunction>> LoadAsync(WorkerConnection connection, string appFolder)
    {
        var init = await connection.AskAsync(new StreamingMessage
        {
            WorkerInitRequest = new() { HostVersion = "4.0.0", FunctionAppDirectory = appFolder },
        });
        Check(init.WorkerInitResponse.Result, "The worker can't be initialized");
        var metadata = await connection.AskAsync(new StreamingMessage
        {
            FunctionsMetadataRequest = new() { FunctionAppDirectory = appFolder },
        });
        var functions = metadata.FunctionMetadataResponse.FunctionMetadataResults;
        foreach (var function in functions)
        {
            var loaded = await connection.AskAsync(new StreamingMessage
            {
                FunctionLoadRequest = new() { FunctionId = function.FunctionId, Metadata = function },
            });
            Check(loaded.FunctionLoadResponse.Result, $"{function.Name} can't be loaded");
        }

        return functions.Select(AppFunction.Of).ToImmutableDictionary(function => function.Name, StringComparer.Ordinal);
    }

    private static void Check(StatusResult result, string failure)
    {
        if (result.Status is not StatusResult.Types.Status.Success)
        {
            throw new InvalidOperationException($"{failure}: {result.Exception?.Message}");
        }
    }

    private async Task AskAsync(InvocationRequest call)
    {
        var result = (await connection.AskAsync(new StreamingMessage { InvocationRequest = call })).InvocationResponse.Result;
        if (result.Status is not StatusResult.Types.Status.Success)
        {
            throw new FunctionFailedException(result.Exception?.Message ?? $"{result.Status}");
        }
    }

    private void Cancel(string invocationId) =>
        connection.Send(new StreamingMessage { InvocationCancel = new() { InvocationId = invocationId } });

    /// <summary>W3C Trace Context, version 00.</summary>
    private string TraceParent() =>
        $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-{(samplesCalls ? "01" : "00")}";
}

/// <summary>A function failed or was cancelled; the message is the worker's, with its stack.</summary>
public sealed class FunctionFailedException(string message) : Exception(message);
