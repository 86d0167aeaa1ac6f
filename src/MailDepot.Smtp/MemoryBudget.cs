namespace MailDepot.Smtp;

/// <summary>The memory that all mails on their way share: each takes its part before it comes, and gives it back when it is done.</summary>
/// <remarks>Who waits is served in order, so a large mail is not passed by small ones for ever.</remarks>
/// <param name="octets">In all.</param>
/// <param name="clock">Measures waits.</param>
public sealed class MemoryBudget(long octets, TimeProvider clock)
{
    private readonly Lock turn = new();
    private readonly LinkedList<Waiter> waiters = [];
    private long free = octets;

    /// <summary>Takes a part that is free now, unless somebody waits.</summary>
    public bool TryTake(long part)
    {
        lock (turn)
        {
            if (waiters.Count > 0 || part > free)
            {
                return false;
            }

            free -= part;
            return true;
        }
    }

    /// <summary>Takes a part, waiting for it if need be; false if there was none for so long.</summary>
    /// <exception cref="OperationCanceledException">Nothing was taken.</exception>
    public async ValueTask<bool> TakeAsync(long part, TimeSpan patience, CancellationToken cancel)
    {
        LinkedListNode<Waiter> place;
        lock (turn)
        {
            if (TryTake(part))
            {
                return true;
            }

            place = waiters.AddLast(new Waiter(part, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        try
        {
            await place.Value.Served.Task.WaitAsync(patience, clock, cancel);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            GiveUp(place);
            cancel.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>Gives a part back.</summary>
    public void Give(long part)
    {
        lock (turn)
        {
            free += part;
            Serve();
        }
    }

    /// <summary>Whoever was served in the last moment gives it back; whoever was not lets pass those behind.</summary>
    private void GiveUp(LinkedListNode<Waiter> place)
    {
        lock (turn)
        {
            if (place.List is null)
            {
                free += place.Value.Part;
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
        while (waiters.First is { } next && next.Value.Part <= free)
        {
            free -= next.Value.Part;
            waiters.Remove(next);
            next.Value.Served.SetResult();
        }
    }

    private sealed record Waiter(long Part, TaskCompletionSource Served);
}

/// <summary>What one session's mail holds of it: little for a small mail, a storage block for any other.</summary>
internal sealed class MemoryReservation(MemoryBudget memory, SmtpLimits limits) : IDisposable
{
    private long held;

    /// <summary>Takes what is missing for a mail of so many octets, if that is free now.</summary>
    public bool TryHold(long octets)
    {
        var missing = Needed(octets) - held;
        if (missing > 0 && !memory.TryTake(missing))
        {
            return false;
        }

        held += Math.Max(missing, 0);
        return true;
    }

    /// <summary>Waits for what <see cref="TryHold"/> did not get; false if it can't be had.</summary>
    public async ValueTask<bool> WaitAsync(long octets, CancellationToken cancel)
    {
        var missing = Needed(octets) - held;
        var taken = await memory.TakeAsync(missing, limits.MemoryWait, cancel);
        held += taken ? missing : 0;
        return taken;
    }

    /// <summary>Gives all back; the next mail may take anew.</summary>
    public void Dispose()
    {
        memory.Give(held);
        held = 0;
    }

    private long Needed(long octets) => octets <= limits.SmallMailBytes ? limits.SmallMailBytes : limits.LargeMailMemory;
}

/// <summary>A mail came that is larger than its client said, and there was no memory for it: 451.</summary>
public sealed class MemoryBudgetExceededException() : Exception("There is no memory for this mail now.");
