namespace MailDepot.Mail;

/// <summary>Decodes a part's transfer encoding while it is read. Owns the source and disposes it.</summary>
internal sealed class DecodedStream(Stream source, TransferDecoder decoder) : ForwardOnlyStream
{
    /// <summary>Encoded bytes read at a time.</summary>
    private const int PieceSize = 16 * 1024;

    private readonly byte[] piece = new byte[PieceSize];
    private readonly byte[] decoded = new byte[decoder.MaxDecoded(PieceSize)];
    private int start;
    private int end;
    private bool isOver;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (start == end && !isOver)
        {
            var count = await source.ReadAsync(piece, cancellationToken);
            isOver = count == 0;
            (start, end) = (0, isOver ? decoder.End(decoded) : decoder.Decode(piece.AsSpan(0, count), decoded));
        }

        var length = Math.Min(buffer.Length, end - start);
        decoded.AsMemory(start, length).CopyTo(buffer);
        start += length;
        return length;
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
