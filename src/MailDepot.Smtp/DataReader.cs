using System.Buffers;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>The mail after 354 as a stream, up to CRLF.CRLF: dot-unstuffed, otherwise byte for byte as received.</summary>
/// <remarks>
/// The CRLF before the dot belongs to the mail (RFC 5321 §4.1.1.4); a dot right after 354 ends an empty mail. Nothing is
/// buffered beyond the pipe. A read throws if the mail is over the limit or the client has gone or is too slow, so the
/// store stops before the end and must not keep anything. After any failure <see cref="DrainAsync"/> still finds the end.
/// </remarks>
internal sealed class DataReader : ForwardOnlyStream
{
    /// <summary>Bytes discarded at a time after a failure.</summary>
    private const int DrainBuffer = 65_536;

    private readonly PeerInput input;
    private readonly SmtpLimits limits;
    private readonly MemoryReservation memory;
    private DotUnstuffer unstuffer;
    private int block;

    public DataReader(PeerInput input, SmtpLimits limits, MemoryReservation memory)
    {
        this.memory = memory;
        this.input = input;
        this.limits = limits;
        input.SetTimeout(limits.DataBlockTimeout);
    }

    /// <summary>Bytes of the mail read so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The mail is over <see cref="SmtpLimits.MailBytes"/>.</summary>
    public bool IsTooLarge => Bytes > limits.MailBytes;

    public override long Position
    {
        get => Bytes;
        set => throw new NotSupportedException();
    }

    /// <exception cref="MailTooLargeException">The mail is over <see cref="SmtpLimits.MailBytes"/>.</exception>
    /// <exception cref="MemoryBudgetExceededException">The mail is larger than announced, and there is no memory for the rest.</exception>
    /// <exception cref="PeerDisconnectedException">The connection ended inside the mail.</exception>
    /// <exception cref="PeerTimeoutException">The client sends too slowly (RFC 5321 §4.5.3.2.5).</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var written = IsTooLarge ? 0 : await UnstuffAsync(buffer, cancellationToken);
        if (written > 0)
        {
            await input.YieldAsync(); // the store compresses the mail, which takes time
        }

        return IsTooLarge ? throw new MailTooLargeException(limits.MailBytes)
            : memory.TryReserve(Bytes) || await memory.ReserveAsync(Bytes, cancellationToken) ? written
            : throw new MemoryBudgetExceededException();
    }

    /// <summary>Discards the rest of the mail, so that the next byte read belongs to a command.</summary>
    /// <param name="maxBytes">Gives up once the whole mail, from its first byte, is longer.</param>
    /// <param name="ct">The host no longer waits.</param>
    /// <returns>False if the mail is longer.</returns>
    /// <exception cref="PeerDisconnectedException">The connection ended inside the mail.</exception>
    /// <exception cref="PeerTimeoutException">The client sends too slowly.</exception>
    public async Task<bool> DrainAsync(long maxBytes, CancellationToken ct)
    {
        if (unstuffer.AtEnd || Bytes > maxBytes)
        {
            return Bytes <= maxBytes;
        }

        var discarded = ArrayPool<byte>.Shared.Rent(DrainBuffer);
        try
        {
            while (Bytes <= maxBytes && await UnstuffAsync(discarded, ct) > 0)
            {
                // the reply says that the mail was not taken; the client keeps it
            }

            return Bytes <= maxBytes;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(discarded);
        }
    }

    /// <summary>Reads the mail's next bytes, at least one; 0 at its end.</summary>
    private async ValueTask<int> UnstuffAsync(Memory<byte> mail, CancellationToken ct)
    {
        var written = 0;
        while (written == 0 && !unstuffer.AtEnd && !mail.IsEmpty)
        {
            var result = await input.ReadAsync(ct);
            var buffer = result.Buffer;
            var gone = buffer.IsEmpty && result.IsCompleted; // read before AdvanceTo, which returns the memory to the pipe
            var consumed = Unstuff(buffer, mail.Span, ref written);
            input.AdvanceTo(consumed, consumed);
            if (gone)
            {
                throw new PeerDisconnectedException();
            }
        }

        Bytes += written;
        return written;
    }

    private SequencePosition Unstuff(ReadOnlySequence<byte> buffer, Span<byte> mail, ref int written)
    {
        long bytes = 0;
        foreach (var segment in buffer)
        {
            var used = unstuffer.Unstuff(segment.Span, mail[written..]);
            bytes += used.Consumed;
            written += used.Written;
            if (used.Consumed < segment.Length)
            {
                break;
            }
        }

        ExtendTimeout(bytes);
        return buffer.GetPosition(bytes);
    }

    /// <summary>Restarts the timeout after each full block; a few bytes do not count.</summary>
    private void ExtendTimeout(long bytes)
    {
        block += (int)Math.Min(bytes, limits.DataBlockBytes);
        if (block >= limits.DataBlockBytes)
        {
            block = 0;
            input.SetTimeout(limits.DataBlockTimeout);
        }
    }
}

/// <summary>The mail is over the limit: none of it may be stored; the client gets 552.</summary>
public sealed class MailTooLargeException(long limit)
    : Exception(FormattableString.Invariant($"The mail is over the limit of {limit} bytes."));
