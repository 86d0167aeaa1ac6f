namespace MailDepot.Smtp;

/// <summary>The memory that all mails in transit share: each reserves its part before it is read and releases it when it is done.</summary>
/// <remarks>Waiters are served in order, so small mails can't starve a large one.</remarks>
/// <param name="bytes">In total.</param>
/// <param name="clock">Measures waits.</param>
public sealed class MemoryBudget(long bytes, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Waiter> waiters = [];
    private long free = bytes;

    /// <summary>Takes bytes that are free now, unless somebody is waiting.</summary>
    public bool TryAcquire(long count)
    {
        lock (gate)
        {
            if (waiters.Count > 0 || count > free)
            {
                return false;
            }

            free -= count;
            return true;
        }
    }

    /// <summary>Takes bytes, waiting for them if necessary; false if they did not become free in time.</summary>
    /// <exception cref="OperationCanceledException">Nothing was taken.</exception>
    public async ValueTask<bool> AcquireAsync(long count, TimeSpan timeout, CancellationToken ct)
    {
        LinkedListNode<Waiter> place;
        lock (gate)
        {
            if (TryAcquire(count))
            {
                return true;
            }

            place = waiters.AddLast(new Waiter(count, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        try
        {
            await place.Value.Served.Task.WaitAsync(timeout, clock, ct);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            GiveUp(place);
            ct.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>Returns bytes to the budget.</summary>
    public void Release(long count)
    {
        lock (gate)
        {
            free += count;
            Serve();
        }
    }

    /// <summary>Leaves the queue, so that those behind can pass; a waiter that was served at the last moment returns its bytes.</summary>
    private void GiveUp(LinkedListNode<Waiter> place)
    {
        lock (gate)
        {
            if (place.List is null)
            {
                free += place.Value.Count;
            }
            else
            {
                waiters.Remove(place);
            }

            Serve();
        }
    }

    private void Serve()
    {
        while (waiters.First is { } next && next.Value.Count <= free)
        {
            free -= next.Value.Count;
            waiters.Remove(next);
            next.Value.Served.SetResult();
        }
    }

    private sealed record Waiter(long Count, TaskCompletionSource Served);
}

/// <summary>One session's part of the budget: little for a small mail, a storage block for any other.</summary>
internal sealed class MemoryReservation(MemoryBudget budget, SmtpLimits limits) : IDisposable
{
    private long reserved;

    /// <summary>Reserves what a mail of this size still lacks, if it is free now.</summary>
    public bool TryReserve(long mailBytes)
    {
        var missing = Needed(mailBytes) - reserved;
        if (missing > 0 && !budget.TryAcquire(missing))
        {
            return false;
        }

        reserved += Math.Max(missing, 0);
        return true;
    }

    /// <summary>Waits for what <see cref="TryReserve"/> did not get; false after <see cref="SmtpLimits.MemoryWait"/>.</summary>
    public async ValueTask<bool> ReserveAsync(long mailBytes, CancellationToken ct)
    {
        var missing = Needed(mailBytes) - reserved;
        var acquired = await budget.AcquireAsync(missing, limits.MemoryWait, ct);
        reserved += acquired ? missing : 0;
        return acquired;
    }

    /// <summary>Releases everything; the session's next mail may reserve again.</summary>
    public void Dispose()
    {
        budget.Release(reserved);
        reserved = 0;
    }

    private long Needed(long mailBytes) => mailBytes <= limits.SmallMailBytes ? limits.SmallMailBytes : limits.LargeMailMemory;
}

/// <summary>A mail turned out larger than announced, and there is no memory for the rest: the client gets 451.</summary>
public sealed class MemoryBudgetExceededException() : Exception("There is not enough memory for this mail right now.");
