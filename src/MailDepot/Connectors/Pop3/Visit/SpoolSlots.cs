namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>How many mails of all visits in a process are on their way into the spool at once, by size: so memory has a bound however many mailboxes there are.</summary>
internal sealed class SpoolSlots : IDisposable
{
    /// <summary>Octets of a small mail as it is held while it is stored.</summary>
    private const int SmallBytes = 64 * 1024;

    /// <summary>Octets of a medium one.</summary>
    private const int MediumBytes = 1024 * 1024;

    /// <summary>2 MiB together.</summary>
    private readonly SemaphoreSlim small = new(32);

    /// <summary>8 MiB together, and a block of the spool's (4 MiB) each.</summary>
    private readonly SemaphoreSlim medium = new(8);

    /// <summary>Not held: they stream from the server to the spool, which has a block for each.</summary>
    private readonly SemaphoreSlim large = new(4);

    /// <summary>Waits for a turn.</summary>
    /// <param name="bytes">Octets of the mail as the server lists them.</param>
    /// <returns>What is to be released, and how much of the mail to hold.</returns>
    public async ValueTask<(SemaphoreSlim Turn, int Held)> WaitAsync(long bytes, CancellationToken ct)
    {
        var (turn, held) = bytes < SmallBytes ? (small, SmallBytes) : bytes < MediumBytes ? (medium, MediumBytes) : (large, SmallBytes);
        await turn.WaitAsync(ct);
        return (turn, held);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        small.Dispose();
        medium.Dispose();
        large.Dispose();
    }
}
