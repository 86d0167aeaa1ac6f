namespace MailDepot.Journal;

/// <summary>Part of a stream that can only be read forward. The stream is its own.</summary>
/// <param name="source">From its start.</param>
/// <param name="offset">Octets to pass over.</param>
/// <param name="length">Octets of the part.</param>
internal sealed class SliceStream(Stream source, long offset, long length) : Stream
{
    private long skip = offset;
    private long left = length;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="EndOfStreamException">The stream ends before the part does.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (left > 0 && !buffer.IsEmpty)
        {
            var skipping = skip > 0;
            var count = await source.ReadAsync(buffer[..(int)Math.Min(buffer.Length, skipping ? skip : left)], cancellationToken);
            if (count == 0)
            {
                throw new EndOfStreamException($"The stream ends {skip + left} octets before the end of the part.");
            }

            if (!skipping)
            {
                left -= count;
                return count;
            }

            skip -= count;
        }

        return 0;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A mail is read asynchronously.");

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
