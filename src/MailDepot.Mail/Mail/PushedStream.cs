namespace MailDepot.Mail;

/// <summary>A stream whose bytes are pushed into one end and read from the other, in turns and without a thread of its own.</summary>
/// <remarks>
/// The writer feeds a piece and then waits for <see cref="DrainAsync"/>: the reader goes on at once, on the same thread where
/// the runtime allows that, until it has read all and asks for more. So no more than one piece is ever held.
/// </remarks>
internal sealed class PushedStream : ForwardOnlyStream
{
    private readonly Lock gate = new();
    private byte[] queue = [];
    private int start;
    private int end;
    private bool isEnded;
    private bool isClosed;
    private Memory<byte> wanted;
    private TaskCompletionSource<int>? asked;
    private TaskCompletionSource? hungry;

    /// <summary>The reader has something to do.</summary>
    public bool HasUnread => !isClosed && (end > start || isEnded);

    /// <summary>The next bytes; dropped if the reader is done.</summary>
    public void Feed(ReadOnlySpan<byte> octets)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            if (start == end)
            {
                (start, end) = (0, 0);
            }

            if (queue.Length < end + octets.Length)
            {
                Array.Resize(ref queue, Math.Max(end + octets.Length, 2 * queue.Length));
            }

            octets.CopyTo(queue.AsSpan(end));
            end += octets.Length;
        }
    }

    /// <summary>No more bytes come.</summary>
    public void End() => isEnded = true;

    /// <summary>The reader is done, whatever is left.</summary>
    public void Complete()
    {
        lock (gate)
        {
            isClosed = true;
            hungry?.SetResult();
            hungry = null;
        }
    }

    /// <summary>Until the reader has read all bytes and asks for more; after <see cref="End"/>, until it is done.</summary>
    public Task DrainAsync()
    {
        TaskCompletionSource<int>? reader;
        var count = 0;
        lock (gate)
        {
            reader = HasUnread ? asked : null;
            if (reader is not null)
            {
                asked = null;
                count = Take(wanted.Span);
            }
        }

        reader?.SetResult(count);
        lock (gate)
        {
            if (isClosed || (asked is not null && !HasUnread))
            {
                return Task.CompletedTask;
            }

            hungry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return hungry.Task;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            if (HasUnread || isClosed)
            {
                return ValueTask.FromResult(Take(buffer.Span));
            }

            wanted = buffer;
            asked = new TaskCompletionSource<int>();
            hungry?.SetResult();
            hungry = null;
            return new ValueTask<int>(asked.Task);
        }
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, end - start);
        queue.AsSpan(start, count).CopyTo(buffer);
        start += count;
        return count;
    }
}
