using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace MailDepot.Host.Worker;

/// <summary>A message that we hold: hidden from others until its time is over, with the pop receipt that goes with it.</summary>
internal sealed class HiddenMessage(QueueClient queue, QueueMessage message, TimeProvider clock)
{
    private string popReceipt = message.PopReceipt;

    /// <summary>Hides it anew at each half of the time, until stopped. Never throws: if it can't, the message comes back, and every step may run twice.</summary>
    public async Task RenewAsync(TimeSpan visibility, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(visibility / 2, clock, stop);
                popReceipt = (await queue.UpdateMessageAsync(message.MessageId, popReceipt, message.Body, visibility, stop)).Value.PopReceipt;
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
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

    /// <summary>Gives it back. Without an answer from storage it comes back by itself when its time is over.</summary>
    public async Task ShowAfterAsync(TimeSpan delay)
    {
        using var limit = new CancellationTokenSource(Shutdown.Grace, clock);
        try
        {
            await queue.UpdateMessageAsync(message.MessageId, popReceipt, message.Body, delay, limit.Token);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
        {
        }
    }
}
