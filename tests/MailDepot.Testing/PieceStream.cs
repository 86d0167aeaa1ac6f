namespace MailDepot.Testing;

/// <summary>A stream like a socket's: forward only, in pieces as they come, unknown length.</summary>
internal sealed class PieceStream(IEnumerable<ReadOnlyMemory<byte>> pieces) : Stream
{
    private readonly IEnumerator<ReadOnlyMemory<byte>> next = pieces.GetEnumerator();
    private ReadOnlyMemory<byte> piece;

    /// <summary>The bytes, cut into pieces of one size.</summary>
    public static PieceStream Of(byte[] bytes, int pieceSize) => new(
        Enumerable.Range(0, (bytes.Length + pieceSize - 1) / pieceSize)
            .Select(n => (ReadOnlyMemory<byte>)bytes.AsMemory(n * pieceSize, Math.Min(pieceSize, bytes.Length - (n * pieceSize)))));

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (piece.IsEmpty)
        {
            if (!next.MoveNext())
            {
                return 0;
            }

            piece = next.Current;
        }

        var length = Math.Min(buffer.Length, piece.Length);
        piece.Span[..length].CopyTo(buffer);
        piece = piece[length..];
        return length;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new ValueTask<int>(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        next.Dispose();
        base.Dispose(disposing);
    }
}
