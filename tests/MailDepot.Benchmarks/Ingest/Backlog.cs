namespace MailDepot.Benchmarks.Ingest;

/// <summary>The mails begun and not yet archived. Their number is limited: the next sender waits for room.</summary>
internal sealed class Backlog(int limit) : IDisposable
{
    private readonly SemaphoreSlim room = new(limit);
    private long archived;

    /// <summary>Mails archived so far.</summary>
    public long Archived => Interlocked.Read(ref archived);

    /// <summary>Waits for room for one more mail.</summary>
    public Task BeginAsync(CancellationToken ct) => room.WaitAsync(ct);

    /// <summary>Counts a mail as archived and makes room for the next.</summary>
    public void End()
    {
        Interlocked.Increment(ref archived);
        room.Release();
    }

    /// <summary>Waits until no mail is under way. The caller sees to it that no other begins.</summary>
    public async Task EmptyAsync(CancellationToken ct)
    {
        for (var i = 0; i < limit; i++)
        {
            await room.WaitAsync(ct);
        }
    }

    public void Dispose() => room.Dispose();
}
