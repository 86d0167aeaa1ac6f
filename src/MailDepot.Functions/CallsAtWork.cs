using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Hosting;

namespace MailDepot.Functions;

/// <summary>The calls that this worker runs: a stop lets them finish, which the worker itself does not.</summary>
/// <remarks>
/// Must be registered after the worker's own services, so that it is the first to stop. A call that does not finish in time ends with
/// the process; its message comes back.
/// </remarks>
internal sealed class CallsAtWork : IFunctionsWorkerMiddleware, IHostedService
{
    /// <summary>
    /// A second less than the Functions host waits before it kills a worker that it asked to end (5 s,
    /// WorkerTerminateGracePeriodInSeconds in azure-functions-host): for answers and the last events to be written.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    /// <summary>For calls that the host sent before it knew of the stop to begin, on a busy instance too.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromMilliseconds(500);

    /// <summary>For the last answers to go out.</summary>
    private static readonly TimeSpan LastAnswers = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, Task> calls = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        calls[context.InvocationId] = done.Task;
        try
        {
            await next(context);
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new CancelledCallException(context.FunctionDefinition.Name);
        }
        finally
        {
            calls.TryRemove(context.InvocationId, out _);
            done.SetResult();
        }
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits for the calls that are at work now, not for later ones: a host that sends more would never let it end.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(OnTheWay, CancellationToken.None);
        await Task.WhenAll(calls.Values).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(LastAnswers, CancellationToken.None);
    }
}
