using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace MailDepot.Storage;

/// <summary>Writes a block blob as a stream in bounded memory; the blob exists only once it is committed, and is never replaced.</summary>
/// <remarks>
/// Blocks of <see cref="StorageLimits.BlockBytes"/> are sent as they fill; what fits into one buffer stays in memory until
/// <see cref="CommitAsync"/>. Azure deletes the blocks of an abandoned write after a week ("Put Block"). Block ids: 4 random bytes
/// for this writer, so that two writers of the same name never mix, and 4 bytes of the number, big-endian; number 0 is the header,
/// staged last and listed first.
/// </remarks>
public sealed class StagedBlobStream(BlockBlobClient blob) : Stream
{
    /// <summary>Initial buffer, enough for most mails; it grows once.</summary>
    private const int FirstBufferBytes = 64 * 1024;

    private readonly byte[] writer = RandomNumberGenerator.GetBytes(4);
    private readonly List<string> blocks = [];
    private byte[] block = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private int held;
    private long staged;

    /// <summary>Everything written so far; null once a block was sent.</summary>
    public ReadOnlyMemory<byte>? Whole => blocks.Count == 0 ? new ReadOnlyMemory<byte>(block, 0, held) : default(ReadOnlyMemory<byte>?);

    /// <inheritdoc />
    public override long Length => staged + held;

    /// <summary>Creates the blob: the header, if any, then what was written. An existing blob is not changed.</summary>
    public async Task<Put> CommitAsync(
        ReadOnlyMemory<byte> header, BlobHttpHeaders? headers, IDictionary<string, string>? metadata, CancellationToken ct)
    {
        var once = new BlobRequestConditions { IfNoneMatch = ETag.All };
        try
        {
            if (blocks.Count == 0 && (header.IsEmpty || held <= FirstBufferBytes))
            {
                await using var whole = header.IsEmpty
                    ? new MemoryStream(block, 0, held, writable: false)
                    : new MemoryStream([.. header.Span, .. block.AsSpan(0, held)]);
                await blob.UploadAsync(whole, new BlobUploadOptions { HttpHeaders = headers, Metadata = metadata, Conditions = once }, ct);
                return Put.Created;
            }

            await StageHeldAsync(ct);
            if (!header.IsEmpty)
            {
                await using var first = new MemoryStream(header.ToArray());
                await blob.StageBlockAsync(BlockId(0), first, cancellationToken: ct);
                blocks.Insert(0, BlockId(0));
            }

            var options = new CommitBlockListOptions { HttpHeaders = headers, Metadata = metadata, Conditions = once };
            await blob.CommitBlockListAsync(blocks, options, ct);
            return Put.Created;
        }
        catch (RequestFailedException refusal) when (AlreadyThere.Matches(refusal))
        {
            return Put.AlreadyThere;
        }
    }

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            await MakeRoomAsync(cancellationToken);
            var count = Math.Min(buffer.Length, block.Length - held);
            buffer[..count].CopyTo(block.AsMemory(held));
            held += count;
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing: blocks are sent when they are full.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc />
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        ArrayPool<byte>.Shared.Return(block);
        (block, held) = ([], 0);
        base.Dispose(disposing);
    }

    private async ValueTask MakeRoomAsync(CancellationToken ct)
    {
        if (held < block.Length)
        {
            return;
        }

        if (held >= StorageLimits.BlockBytes)
        {
            await StageHeldAsync(ct);
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(StorageLimits.BlockBytes);
        block.AsSpan(0, held).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(block);
        block = larger;
    }

    private async Task StageHeldAsync(CancellationToken ct)
    {
        if (held == 0)
        {
            return;
        }

        var id = BlockId(blocks.Count + 1);
        await using var content = new MemoryStream(block, 0, held, writable: false);
        await blob.StageBlockAsync(id, content, cancellationToken: ct);
        blocks.Add(id);
        staged += held;
        held = 0;
    }

    private string BlockId(int number)
    {
        Span<byte> id = stackalloc byte[8];
        writer.CopyTo(id);
        BinaryPrimitives.WriteInt32BigEndian(id[4..], number);
        return Convert.ToBase64String(id);
    }

    /// <inheritdoc />
    public override bool CanRead => false;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override long Position { get => Length; set => throw new NotSupportedException(); }

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Use WriteAsync: a full block is sent over the network.");
}
