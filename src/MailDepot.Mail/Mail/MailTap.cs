using System.Buffers;
using System.Security.Cryptography;

namespace MailDepot.Mail;

/// <summary>The stream between a mail and its parser: every octet is counted, hashed and shown to the observer once.</summary>
/// <remarks>Forward only. The source stays open; it belongs to the caller.</remarks>
internal sealed class MailTap(Stream source, Action<ReadOnlySpan<byte>>? observer) : ForwardOnlyStream
{
    /// <summary>Octets taken from the source at a time; the parser itself asks for 4 KiB.</summary>
    private const int BufferSize = 64 * 1024;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int start;
    private int end;
    private long lastEvent;

    /// <summary>Octets taken from the source so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Octets in front of the header that the parser is not given (<see cref="HeaderPreamble"/>).</summary>
    public int Skipped { get; private set; }

    /// <summary>The source, or the observer, threw: not the mail's fault.</summary>
    public bool SourceFailed { get; private set; }

    /// <inheritdoc/>
    public override long Position
    {
        get => Bytes - (end - start);
        set => throw new NotSupportedException();
    }

    /// <summary>The parser has told something: what it was given so far need not be in its memory any more.</summary>
    public void Progressed() => lastEvent = Position;

    /// <exception cref="FormatException">The parser was given <see cref="MimeParsing.MaxField"/> octets and told nothing.</exception>
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

    /// <summary>Reads what the parser left, to the end.</summary>
    public async Task DrainAsync(CancellationToken ct)
    {
        do
        {
            start = end;
        }
        while (await FillAsync(ct));
    }

    /// <summary>The hash of all octets taken so far; once.</summary>
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
            // Full, however the source gives it: the parser must meet the same pieces whenever the same mail is read.
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
