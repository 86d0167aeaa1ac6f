namespace MailDepot.Mail;

/// <summary>A stream written at one end and read at the other, alternately and without a thread of its own.</summary>
/// <remarks>
/// The writer feeds a piece and then awaits <see cref="DrainAsync"/>: the reader resumes at once, on the same thread if the
/// runtime allows it, until it has read everything and asks for more. So at most one piece is ever held.
/// </remarks>
internal sealed class PushedStream : ForwardOnlyStream
{
    private readonly Lock gate = new();
    private byte[] queue = [];
    private int start;
    private int end;
    private bool isEnded;
    private bool isClosed;
    private Memory<byte> readBuffer;
    private TaskCompletionSource<int>? pendingRead;
    private TaskCompletionSource? drained;

    /// <summary>The reader has something to read: bytes, or the end.</summary>
    public bool HasUnread => !isClosed && (end > start || isEnded);

    /// <summary>Writes the next bytes; dropped if the reader is done.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
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

            if (queue.Length < end + bytes.Length)
            {
                Array.Resize(ref queue, Math.Max(end + bytes.Length, 2 * queue.Length));
            }

            bytes.CopyTo(queue.AsSpan(end));
            end += bytes.Length;
        }
    }

    /// <summary>The writer is done.</summary>
    public void End() => isEnded = true;

    /// <summary>The reader is done, even if bytes are left.</summary>
    public void Complete()
    {
        lock (gate)
        {
            isClosed = true;
            drained?.SetResult();
            drained = null;
        }
    }

    /// <summary>Waits until the reader has read all bytes and asks for more; after <see cref="End"/>, until it is done.</summary>
    public Task DrainAsync()
    {
        TaskCompletionSource<int>? reader;
        var count = 0;
        lock (gate)
        {
            reader = HasUnread ? pendingRead : null;
            if (reader is not null)
            {
                pendingRead = null;
                count = Take(readBuffer.Span);
            }
        }

        reader?.SetResult(count);
        lock (gate)
        {
            if (isClosed || (pendingRead is not null && !HasUnread))
            {
                return Task.CompletedTask;
            }

            drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return drained.Task;
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

            readBuffer = buffer;
            pendingRead = new TaskCompletionSource<int>();
            drained?.SetResult();
            drained = null;
            return new ValueTask<int>(pendingRead.Task);
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
