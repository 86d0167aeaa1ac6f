using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using MailDepot.Storage;

namespace MailDepot.Host.Worker;

/// <summary>A message that we hold: hidden from others until its time is up, with its current pop receipt.</summary>
internal sealed class HiddenMessage(QueueClient queue, QueueMessage message, TimeProvider clock)
{
    /// <summary>Time for the final request about a message: if it fails, the message comes back by itself.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    private string popReceipt = message.PopReceipt;

    /// <summary>Extends the time whenever half of it has passed, until stopped.</summary>
    /// <remarks>
    /// Never throws: if an update fails, it tries again half a period later. The message may come back meanwhile, which every
    /// step can handle. It waits for an update under way: only that update's pop receipt can delete the message.
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
                var update = await queue.UpdateMessageAsync(
                    message.MessageId, popReceipt, message.Body, visibility, CancellationToken.None);
                popReceipt = update.Value.PopReceipt;
            }
            catch (Exception e) when (e is RequestFailedException or AggregateException)
            {
                // tried again half a period later
            }
        }
    }

    /// <summary>Deletes the message. If another worker has received it meanwhile, that worker completes it.</summary>
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
    /// Puts it on another queue, where it never expires (the Functions host's own copies live 7 days), and then
    /// deletes it here. If that fails, the message comes back and is moved next time.
    /// </summary>
    public async Task MoveAsync(QueueClient poison)
    {
        using var limit = new CancellationTokenSource(AnswerTimeout, clock);
        try
        {
            await poison.SendMessageAsync(message.Body, timeToLive: StorageLimits.NeverExpires, cancellationToken: limit.Token);
            await DeleteAsync(limit.Token);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
        {
        }
    }

    /// <summary>Gives it back. If storage does not answer, it comes back by itself when its time is up.</summary>
    public async Task ShowAfterAsync(TimeSpan delay)
    {
        using var limit = new CancellationTokenSource(AnswerTimeout, clock);
        try
        {
            await queue.UpdateMessageAsync(message.MessageId, popReceipt, message.Body, delay, limit.Token);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
        {
        }
    }
}
