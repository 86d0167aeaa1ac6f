using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using MailDepot.Storage;

namespace MailDepot.Host.Worker;

/// <summary>A message that we hold: hidden from others until its time is over, with the pop receipt that goes with it.</summary>
internal sealed class HiddenMessage(QueueClient queue, QueueMessage message, TimeProvider clock)
{
    /// <summary>For the last word about a message: without it the message comes back by itself.</summary>
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(2);

    private string popReceipt = message.PopReceipt;

    /// <summary>Hides it anew at each half of the time, until stopped.</summary>
    /// <remarks>
    /// Never throws: if it can't, it tries again at the next half, and the message may come back meanwhile, which every
    /// step can bear. An update under way is waited for: its pop receipt is the one that deletes.
    /// </remarks>
    public async Task RenewAsync(TimeSpan visibility, CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(visibility / 2, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                popReceipt = (await queue.UpdateMessageAsync(message.MessageId, popReceipt, message.Body, visibility, CancellationToken.None)).Value.PopReceipt;
            }
            catch (Exception e) when (e is RequestFailedException or AggregateException)
            {
                // the next half of the time tries again
            }
        }
    }

    /// <summary>Completes it. One that another worker got meanwhile is that worker's to complete.</summary>
    public async Task DeleteAsync(CancellationToken ct)
    {
        try
        {
            await queue.DeleteMessageAsync(message.MessageId, popReceipt, ct);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 400 && e.ErrorCode is "MessageNotFound" or "PopReceiptMismatch")
        {
        }
    }

    /// <summary>
    /// Puts it on another queue, for as long as it takes (the Functions host's own copies live 7 days), and then
    /// completes it here. If that can't be done it comes back and is moved next time.</summary>
    public async Task MoveAsync(QueueClient poison)
    {
        using var limit = new CancellationTokenSource(AnswersWithin, clock);
        try
        {
            await poison.SendMessageAsync(message.Body, timeToLive: StorageLimits.NeverExpires, cancellationToken: limit.Token);
            await DeleteAsync(limit.Token);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
        {
        }
    }

    /// <summary>Gives it back. Without an answer from storage it comes back by itself when its time is over.</summary>
    public async Task ShowAfterAsync(TimeSpan delay)
    {
        using var limit = new CancellationTokenSource(AnswersWithin, clock);
        try
        {
            await queue.UpdateMessageAsync(message.MessageId, popReceipt, message.Body, delay, limit.Token);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
        {
        }
    }
}
