using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>A part of a forward-only stream. Owns the stream and disposes it.</summary>
/// <param name="source">The stream, at its start.</param>
/// <param name="offset">Bytes to skip.</param>
/// <param name="length">Bytes of the part.</param>
public sealed class SliceStream(Stream source, long offset, long length) : ForwardOnlyStream
{
    private long skip = offset;
    private long left = length;

    /// <exception cref="EndOfStreamException">The stream ends before the part does.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (left > 0 && !buffer.IsEmpty)
        {
            var skipping = skip > 0;
            var count = await source.ReadAsync(buffer[..(int)Math.Min(buffer.Length, skipping ? skip : left)], cancellationToken);
            if (count == 0)
            {
                throw new EndOfStreamException($"The stream ends {skip + left} bytes before the end of the part.");
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
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
