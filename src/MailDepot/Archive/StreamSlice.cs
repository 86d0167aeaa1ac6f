using System.Buffers;

namespace MailDepot.Archive;

/// <summary>Part of a stream that can only be read forward.</summary>
public static class StreamSlice
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Copies <paramref name="length"/> octets from <paramref name="offset"/> on.</summary>
    /// <exception cref="EndOfStreamException">The stream ends before.</exception>
    public static async Task CopyAsync(Stream source, long offset, long length, Stream destination, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var (skip, left) = (offset, length); skip + left > 0;)
            {
                var skipping = skip > 0;
                var count = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, skipping ? skip : left)), ct);
                if (count == 0)
                {
                    throw new EndOfStreamException($"The stream ends {skip + left} octets before the end of the part.");
                }

                if (skipping)
                {
                    skip -= count;
                    continue;
                }

                await destination.WriteAsync(buffer.AsMemory(0, count), ct);
                left -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
