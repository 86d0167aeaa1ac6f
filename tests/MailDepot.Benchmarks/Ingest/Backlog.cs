namespace MailDepot.Benchmarks.Ingest;

/// <summary>The mails that were begun and are not archived yet, bounded: who begins one more waits for room.</summary>
internal sealed class Backlog(int limit) : IDisposable
{
    private readonly SemaphoreSlim room = new(limit);
    private long archived;

    /// <summary>Mails archived so far.</summary>
    public long Archived => Interlocked.Read(ref archived);

    /// <summary>Before a mail is begun.</summary>
    public Task BeginAsync(CancellationToken ct) => room.WaitAsync(ct);

    /// <summary>A mail is archived.</summary>
    public void End()
    {
        Interlocked.Increment(ref archived);
        room.Release();
    }

    /// <summary>Returns when no mail is under way, provided that nobody begins another.</summary>
    public async Task EmptyAsync(CancellationToken ct)
    {
        for (var i = 0; i < limit; i++)
        {
            await room.WaitAsync(ct);
        }
    }

    public void Dispose() => room.Dispose();
}
