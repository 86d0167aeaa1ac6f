using MailDepot.Mail;

namespace MailDepot.Pop3;

/// <summary>The answer to RETR as a stream: un-stuffed, else octet for octet what came, ending at CRLF.CRLF.</summary>
/// <remarks>
/// Only CRLF begins a line, as in SMTP: a bare LF is content, so no mail is cut short at an LF and a dot. A connection
/// that ends before the dot is an exception, never a short mail.
/// </remarks>
internal sealed class RetrievedMail(Pop3Wire wire) : ForwardStream
{
    private DotUnstuffer unstuffer;

    /// <summary>The dot was read: what comes next is another answer.</summary>
    public bool AtEnd => unstuffer.AtEnd;

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
}
