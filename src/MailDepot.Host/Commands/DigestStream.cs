using System.Security.Cryptography;
using MailDepot.Mail;

namespace MailDepot.Host.Commands;

/// <summary>Passes bytes on, counting and hashing them.</summary>
internal sealed class DigestStream(Stream target) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes passed on so far.</summary>
    public override long Length => Position;

    /// <inheritdoc />
    public override long Position { get; set; }

    /// <summary>Of the bytes passed on so far.</summary>
    public Digest Sha256 => Digest.FromHash(hash.GetCurrentHash());

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        hash.AppendData(buffer.Span);
        Position += buffer.Length;
        return target.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count)
    {
        hash.AppendData(buffer, offset, count);
        Position += count;
        target.Write(buffer, offset, count);
    }

    /// <inheritdoc />
    public override void Flush() => target.Flush();

    /// <inheritdoc />
    public override Task FlushAsync(CancellationToken cancellationToken) => target.FlushAsync(cancellationToken);

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        hash.Dispose();
        base.Dispose(disposing);
    }

    /// <inheritdoc />
    public override bool CanRead => false;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();
}
