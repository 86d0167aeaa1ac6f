using Azure.Storage.Queues.Models;
using MailDepot.Events;
using MailDepot.Host.Serving;

namespace MailDepot.Host.Worker;

/// <summary>Receives messages from a queue and runs the queue's work on them, as the Functions host does on Azure.</summary>
/// <remarks>
/// A message is hidden for <see cref="Pipeline.Visibility"/>, longer while its work runs, and deleted when that is done.
/// After each failure it comes back after a longer delay, and after the last attempt it goes to the poison queue. At a stop, work
/// finishes or is cancelled, and its message comes back.
/// </remarks>
internal sealed class QueuePump(Pipeline pipeline, QueueWork work, DepotEvents events, Shutdown shutdown, TimeProvider clock)
{
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromMinutes(1);

    private readonly HashSet<Task> atWork = [];
    private bool unreachable;

    /// <summary>Runs until <paramref name="stopping"/>; then work under way has its grace to finish.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource();
        await using var grace = stopping.Register(() => patience.CancelAfter(shutdown.Grace));
        var pause = MinPause;
        while (!stopping.IsCancellationRequested)
        {
            atWork.RemoveWhere(task => task.IsCompleted);
            if (atWork.Count > Pipeline.FetchBelow)
            {
                await Task.WhenAny(atWork);
                continue;
            }

            // Not cancelled by stopping: storage may already have hidden the messages, and nobody would know about them.
            var messages = await ReceiveAsync(patience.Token);
            foreach (var message in messages)
            {
                atWork.Add(stopping.IsCancellationRequested
                    ? new HiddenMessage(work.Queue, message, clock).ShowAfterAsync(TimeSpan.Zero)
                    : WorkAsync(message, patience.Token));
            }

            pause = messages.Length > 0 ? MinPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, MaxPause.Ticks));
            if (messages.Length == 0)
            {
                await Task.Delay(pause, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Task.WhenAll(atWork);
    }

    /// <summary>Returns none while storage does not answer; an outage is logged once when it begins and once when it ends.</summary>
    private async Task<QueueMessage[]> ReceiveAsync(CancellationToken ct)
    {
        try
        {
            var messages = await work.Queue.ReceiveMessagesAsync(Pipeline.BatchSize, Pipeline.Visibility, ct);
            if (unreachable)
            {
                unreachable = false;
                events.Write(EventKind.Recovered, Guid.Empty, $"The queue {work.Queue.Name} can be read again.");
            }

            return messages.Value;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception failure)
        {
            if (!unreachable)
            {
                unreachable = true;
                events.Write(
                    EventKind.Failed, Guid.Empty,
                    $"The queue {work.Queue.Name} can't be read: {Failure.Describe(failure)}. It is tried again until it can.");
            }

            return [];
        }
    }

    private async Task WorkAsync(QueueMessage message, CancellationToken ct)
    {
        var hidden = new HiddenMessage(work.Queue, message, clock);
        if (message.DequeueCount > QueueWork.MaxAttempts && work.Poison is { } poison)
        {
            await hidden.MoveAsync(poison); // its last attempt ended this process, or moving it failed
            return;
        }

        using var renewal = new CancellationTokenSource();
        var renewing = hidden.RenewAsync(Pipeline.Visibility, renewal.Token);
        var aside = message.DequeueCount >= QueueWork.MaxAttempts ? work.Poison : null;
        var delay = RetryAfter(message.DequeueCount);
        try
        {
            var afterFailure = aside is null
                ? $"Next attempt in {delay.TotalSeconds:0} s"
                : $"That was attempt {message.DequeueCount}: it is put aside, to be tried later";
            await pipeline.HandleAsync(work.Name, message.Body.ToMemory(), afterFailure, ct);
            await StopRenewingAsync();
        }
        catch (Exception)
        {
            await StopRenewingAsync();
            await (ct.IsCancellationRequested ? hidden.ShowAfterAsync(TimeSpan.Zero)
                : aside is null ? hidden.ShowAfterAsync(delay) : hidden.MoveAsync(aside));
            return;
        }

        await CompleteAsync(hidden, message, ct);

        async Task StopRenewingAsync()
        {
            await renewal.CancelAsync();
            await renewing;
        }
    }

    private async Task CompleteAsync(HiddenMessage hidden, QueueMessage message, CancellationToken ct)
    {
        try
        {
            await hidden.DeleteAsync(ct);
        }
        catch (Exception failure)
        {
            events.Write(
                EventKind.Failed, work.IdOf(message.Body.ToMemory()),
                $"Done, but its message could not be deleted: {Failure.Describe(failure)}. It comes again and changes nothing.");
        }
    }

    /// <summary>1 s, 2 s, 4 s … up to a minute.</summary>
    private static TimeSpan RetryAfter(long attempts) =>
        TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(attempts - 1, 10)), MaxRetryDelay.TotalSeconds));
}
