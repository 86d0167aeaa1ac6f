using System.Buffers;
using MailDepot.Mail;

namespace MailDepot.Smtp;

/// <summary>The mail after 354 as a stream: un-stuffed, else octet for octet what came, ending at CRLF.CRLF.</summary>
/// <remarks>
/// The CRLF before the dot belongs to the mail (RFC 5321 §4.1.1.4); a dot right after 354 ends a mail of no octets. It
/// buffers nothing: memory is the pipe's. A read throws when the mail is over the limit, or the client is gone or slow;
/// so whoever stores the mail stops before the end and must have stored nothing. After any failure
/// <see cref="DrainAsync"/> still finds the end.
/// </remarks>
internal sealed class DataReader : ForwardStream
{
    /// <summary>Octets swallowed at a time after a failure.</summary>
    private const int DrainBuffer = 65_536;

    private readonly PeerInput input;
    private readonly SmtpLimits limits;
    private readonly MemoryReservation share;
    private DotUnstuffer unstuffer;
    private int block;

    public DataReader(PeerInput input, SmtpLimits limits, MemoryReservation share)
    {
        this.share = share;
        this.input = input;
        this.limits = limits;
        input.Allow(limits.DataBlockTimeout);
    }

    /// <summary>Octets of the mail so far.</summary>
    public long Octets { get; private set; }

    /// <summary>The mail has more octets than it may.</summary>
    public bool IsTooLarge => Octets > limits.MailBytes;

    public override long Position
    {
        get => Octets;
        set => throw new NotSupportedException();
    }

    /// <exception cref="MailTooLargeException">The mail is over <see cref="SmtpLimits.MailBytes"/>.</exception>
    /// <exception cref="MemoryBudgetExceededException">The mail is larger than its client said, and there is no memory for it.</exception>
    /// <exception cref="PeerGoneException">The connection ended inside the mail.</exception>
    /// <exception cref="PeerSlowException">The mail comes too slowly (RFC 5321 §4.5.3.2.5).</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var written = IsTooLarge ? 0 : await UnstuffAsync(buffer, cancellationToken);
        if (written > 0)
        {
            await input.YieldAsync(); // who stores the mail compresses it
        }

        return IsTooLarge ? throw new MailTooLargeException(limits.MailBytes)
            : share.TryHold(Octets) || await share.WaitAsync(Octets, cancellationToken) ? written
            : throw new MemoryBudgetExceededException();
    }

    /// <summary>Swallows the rest of the mail, so that the next octet is a command's.</summary>
    /// <param name="most">Octets of the whole mail beyond which its end is not waited for.</param>
    /// <param name="cancel">The host's patience is over.</param>
    /// <returns>False if the mail has more.</returns>
    /// <exception cref="PeerGoneException">The connection ended inside the mail.</exception>
    /// <exception cref="PeerSlowException">The mail comes too slowly.</exception>
    public async Task<bool> DrainAsync(long most, CancellationToken cancel)
    {
        if (unstuffer.AtEnd || Octets > most)
        {
            return Octets <= most;
        }

        var swallowed = ArrayPool<byte>.Shared.Rent(DrainBuffer);
        try
        {
            while (Octets <= most && await UnstuffAsync(swallowed, cancel) > 0)
            {
                // the mail is lost here; the client keeps it and is told so
            }

            return Octets <= most;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(swallowed);
        }
    }

    /// <summary>The mail's next octets, at least one; 0 at its end.</summary>
    private async ValueTask<int> UnstuffAsync(Memory<byte> mail, CancellationToken cancel)
    {
        var written = 0;
        while (written == 0 && !unstuffer.AtEnd && !mail.IsEmpty)
        {
            var result = await input.ReadAsync(cancel);
            var buffer = result.Buffer;
            var gone = buffer.IsEmpty && result.IsCompleted; // asked before the pipe has its memory back
            var consumed = Unstuff(buffer, mail.Span, ref written);
            input.AdvanceTo(consumed, consumed);
            if (gone)
            {
                throw new PeerGoneException();
            }
        }

        Octets += written;
        return written;
    }

    private SequencePosition Unstuff(ReadOnlySequence<byte> buffer, Span<byte> mail, ref int written)
    {
        long octets = 0;
        foreach (var segment in buffer)
        {
            var used = unstuffer.Unstuff(segment.Span, mail[written..]);
            octets += used.Consumed;
            written += used.Written;
            if (used.Consumed < segment.Length)
            {
                break;
            }
        }

        Credit(octets);
        return buffer.GetPosition(octets);
    }

    /// <summary>Each full block earns the client new patience; a few octets do not.</summary>
    private void Credit(long octets)
    {
        block += (int)Math.Min(octets, limits.DataBlockBytes);
        if (block >= limits.DataBlockBytes)
        {
            block = 0;
            input.Allow(limits.DataBlockTimeout);
        }
    }
}

/// <summary>The mail is over the limit: nothing of it may be stored; the client gets 552.</summary>
public sealed class MailTooLargeException(long limit) : Exception(FormattableString.Invariant($"The mail is over the limit of {limit} octets."));
