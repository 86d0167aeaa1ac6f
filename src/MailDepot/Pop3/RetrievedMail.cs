using MailDepot.Mail;

namespace MailDepot.Pop3;

/// <summary>The answer to RETR as a stream: un-stuffed, else octet for octet what came, ending at CRLF.CRLF.</summary>
/// <remarks>
/// Only CRLF begins a line, as in SMTP: a bare LF is content, so no mail is cut short at an LF and a dot. A connection
/// that ends before the dot is an exception, never a short mail.
/// </remarks>
internal sealed class RetrievedMail(Pop3Wire wire) : Stream
{
    private DotUnstuffer unstuffer;

    /// <summary>The dot was read: what comes next is another answer.</summary>
    public bool AtEnd => unstuffer.AtEnd;

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => false;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The mail's next octets; none at its end.</summary>
    /// <exception cref="Pop3CutException">The connection ended inside the mail.</exception>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!unstuffer.AtEnd && !buffer.IsEmpty)
        {
            if (wire.Buffered.IsEmpty)
            {
                await wire.FillAsync(); // the wire has its caller's token
            }

            var (consumed, written) = unstuffer.Unstuff(wire.Buffered.Span, buffer.Span);
            wire.Advance(consumed);
            if (written > 0)
            {
                return written;
            }
        }

        return 0;
    }

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A mail is read asynchronously.");

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Flush()
    {
        // nothing is written
    }
}
