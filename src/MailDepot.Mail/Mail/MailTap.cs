using System.Buffers;
using System.Security.Cryptography;

namespace MailDepot.Mail;

/// <summary>The stream between a mail and its parser: counts and hashes every byte once and shows it to the observer.</summary>
/// <remarks>Forward only. The source belongs to the caller and stays open.</remarks>
internal sealed class MailTap(Stream source, Action<ReadOnlySpan<byte>>? observer) : ForwardOnlyStream
{
    /// <summary>Bytes read from the source at a time; the parser itself asks for 4 KiB.</summary>
    private const int BufferSize = 64 * 1024;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int start;
    private int end;
    private long lastEvent;

    /// <summary>Bytes read from the source so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes before the header, hidden from the parser (<see cref="HeaderPreamble"/>).</summary>
    public int Skipped { get; private set; }

    /// <summary>The source or the observer threw: not the mail's fault.</summary>
    public bool SourceFailed { get; private set; }

    /// <inheritdoc/>
    public override long Position
    {
        get => Bytes - (end - start);
        set => throw new NotSupportedException();
    }

    /// <summary>The parser raised an event, so it need not hold what it has read so far.</summary>
    public void Progressed() => lastEvent = Position;

    /// <exception cref="FormatException">The parser read <see cref="MimeParsing.MaxField"/> bytes without raising an event.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (start == end && !await FillAsync(cancellationToken))
        {
            return 0;
        }

        if (Position - lastEvent > MimeParsing.MaxField)
        {
            throw new FormatException($"A header field is longer than {MimeParsing.MaxField / 1024} KiB.");
        }

        var count = Math.Min(buffer.Length, end - start);
        this.buffer.AsMemory(start, count).CopyTo(buffer);
        start += count;
        return count;
    }

    /// <summary>Reads to the end what the parser left.</summary>
    public async Task DrainAsync(CancellationToken ct)
    {
        do
        {
            start = end;
        }
        while (await FillAsync(ct));
    }

    /// <summary>The hash of all bytes read; call once.</summary>
    public Digest Finish() => Digest.FromHash(hash.GetHashAndReset());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && buffer.Length > 0)
        {
            hash.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
        }

        base.Dispose(disposing);
    }

    private async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        try
        {
            // Fill the buffer however the source delivers: the parser must see the same pieces each time a mail is read.
            var count = await source.ReadAtLeastAsync(buffer.AsMemory(0, BufferSize), BufferSize, throwOnEndOfStream: false, ct);
            hash.AppendData(buffer, 0, count);
            observer?.Invoke(buffer.AsSpan(0, count));
            Skipped = Bytes == 0 ? HeaderPreamble.Length(buffer.AsSpan(0, count)) : Skipped;
            (start, end) = (Bytes == 0 ? Skipped : 0, count);
            Bytes += count;
            return count > 0;
        }
        catch
        {
            SourceFailed = true;
            throw;
        }
    }
}
