using System.Runtime.ExceptionServices;
using Microsoft.Azure.WebJobs.Host.Timers;
using Microsoft.Extensions.Hosting;

namespace MailDepot.Testing.Functions;

/// <summary>Keeps the listeners running: when one gives up in an outage of storage, all start again, as in the Functions host.</summary>
internal sealed class ListenerKeeper : IAsyncDisposable
{
    private static readonly TimeSpan BetweenStarts = TimeSpan.FromSeconds(1);

    private readonly Func<IWebJobsExceptionHandlerFactory, IHost> build;
    private readonly CancellationTokenSource ended = new();
    private TaskCompletionSource gaveUp = new();
    private Task keeping = Task.CompletedTask;

    private ListenerKeeper(Func<IWebJobsExceptionHandlerFactory, IHost> build) => this.build = build;

    /// <param name="build">Makes the listeners, with who hears of one that gives up.</param>
    /// <param name="ct">Cancels the start.</param>
    public static async Task<ListenerKeeper> StartAsync(Func<IWebJobsExceptionHandlerFactory, IHost> build, CancellationToken ct)
    {
        var keeper = new ListenerKeeper(build);
        var listeners = keeper.Build();
        await listeners.StartAsync(ct);
        keeper.keeping = keeper.KeepAsync(listeners);
        return keeper;
    }

    /// <summary>Stops them, which lets calls at work finish.</summary>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await keeping;
        ended.Dispose();
    }

    private IHost Build()
    {
        gaveUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return build(new Hearing(gaveUp));
    }

    private static async Task StopAsync(IHost listeners)
    {
        try
        {
            await listeners.StopAsync(CancellationToken.None);
            listeners.Dispose();
        }
        catch (Exception)
        {
            // what gave up says so again
        }
    }

    private async Task KeepAsync(IHost listeners)
    {
        while (true)
        {
            await gaveUp.Task.WaitAsync(ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await StopAsync(listeners);
            if (await StartAgainAsync() is not { } started)
            {
                return;
            }

            listeners = started;
        }
    }

    /// <summary>Null if they are not wanted any more.</summary>
    private async Task<IHost?> StartAgainAsync()
    {
        while (!ended.IsCancellationRequested)
        {
            var listeners = Build();
            try
            {
                await listeners.StartAsync(ended.Token);
                return listeners;
            }
            catch (Exception)
            {
                await StopAsync(listeners); // storage is still away
                await Task.Delay(BetweenStarts, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return null;
    }

    /// <summary>Disposed of with the listeners that it hears.</summary>
    private sealed class Hearing(TaskCompletionSource gaveUp) : IWebJobsExceptionHandlerFactory, IWebJobsExceptionHandler
    {
        public IWebJobsExceptionHandler Create(IHost jobHost) => this;

        public Task OnTimeoutExceptionAsync(ExceptionDispatchInfo exceptionInfo, TimeSpan timeoutGracePeriod) => Task.CompletedTask;

        public Task OnUnhandledExceptionAsync(ExceptionDispatchInfo exceptionInfo)
        {
            gaveUp.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
