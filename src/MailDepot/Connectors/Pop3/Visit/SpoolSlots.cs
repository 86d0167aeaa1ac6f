namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>
/// Limits by size how many mails all visits of a process store at once, which bounds memory however many mailboxes there are.
/// </summary>
internal sealed class SpoolSlots : IDisposable
{
    /// <summary>Bytes held of a small mail while it is stored.</summary>
    private const int SmallBytes = 64 * 1024;

    /// <summary>Bytes held of a medium one.</summary>
    private const int MediumBytes = 1024 * 1024;

    /// <summary>2 MiB in all.</summary>
    private readonly SemaphoreSlim small = new(32);

    /// <summary>8 MiB in all, and a block of the spool (4 MiB) for each.</summary>
    private readonly SemaphoreSlim medium = new(8);

    /// <summary>Not held: they stream from the server to the spool, which has a block for each.</summary>
    private readonly SemaphoreSlim large = new(4);

    /// <summary>Waits for a free slot.</summary>
    /// <param name="bytes">The mail's size by LIST.</param>
    /// <returns>The slot, to be released, and how many bytes of the mail to hold.</returns>
    public async ValueTask<(SemaphoreSlim Slot, int Held)> WaitAsync(long bytes, CancellationToken ct)
    {
        var (slot, held) = bytes < SmallBytes ? (small, SmallBytes) : bytes < MediumBytes ? (medium, MediumBytes) : (large, SmallBytes);
        await slot.WaitAsync(ct);
        return (slot, held);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        small.Dispose();
        medium.Dispose();
        large.Dispose();
    }
}
