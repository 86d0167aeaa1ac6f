using System.Buffers;

namespace MailDepot.Mail;

/// <summary>The reader's side of transparency (RFC 5321 §4.5.2, RFC 1939 §3): from the octets after 354, or after +OK, to the mail's.</summary>
/// <remarks>
/// Only CRLF begins a line. A bare CR, a bare LF, NUL, any octet and any length of line is content and stays as it is;
/// <c>LF.LF</c>, <c>CR.CRLF</c> and their like end nothing, so nothing can be smuggled behind them.
/// </remarks>
public struct DotUnstuffer
{
    private State state;

    private enum State
    {
        /// <summary>After CRLF, or after 354. The first state.</summary>
        LineStart,

        /// <summary>A dot at the start of a line, withheld.</summary>
        Dot,

        /// <summary>A dot and CR at the start of a line, withheld.</summary>
        DotCr,

        /// <summary>Inside a line.</summary>
        Inside,

        /// <summary>Inside a line, after a CR, which is passed on already.</summary>
        Cr,

        /// <summary>After CRLF.CRLF.</summary>
        End,
    }

    /// <summary>The terminating dot was consumed; what follows it are commands.</summary>
    public readonly bool AtEnd => state == State.End;

    /// <summary>Moves octets from <paramref name="source"/> to <paramref name="mail"/> until either is used up or the mail ends.</summary>
    /// <returns>How many octets of each were used.</returns>
    public (int Consumed, int Written) Unstuff(ReadOnlySpan<byte> source, Span<byte> mail)
    {
        var consumed = 0;
        var written = 0;
        while (consumed < source.Length && written < mail.Length && state != State.End)
        {
            var octet = source[consumed];
            switch (state)
            {
                case State.LineStart:
                    consumed += octet == '.' ? 1 : 0;
                    state = octet == '.' ? State.Dot : State.Inside;
                    break;
                case State.Dot: // any other dot at the start of a line was put there by the sender: it is dropped
                    consumed += octet == '\r' ? 1 : 0;
                    state = octet == '\r' ? State.DotCr : State.Inside;
                    break;
                case State.DotCr when octet == '\n':
                    consumed++;
                    state = State.End;
                    break;
                case State.DotCr:
                    mail[written++] = (byte)'\r';
                    state = State.Inside;
                    break;
                case State.Cr when octet == '\n':
                    mail[written++] = octet;
                    consumed++;
                    state = State.LineStart;
                    break;
                default:
                    var copied = CopyLines(source[consumed..], mail[written..]);
                    consumed += copied;
                    written += copied;
                    break;
            }
        }

        return (consumed, written);
    }

    /// <summary>Copies up to the next CRLF that a dot follows, as far as this can be seen here.</summary>
    private int CopyLines(ReadOnlySpan<byte> source, Span<byte> mail)
    {
        var reach = source[..Math.Min(source.Length, mail.Length)];
        var stop = reach.IndexOf("\r\n."u8);
        var copied = stop < 0 ? reach[..] : reach[..(stop + "\r\n".Length)];
        copied.CopyTo(mail);
        state = copied.EndsWith("\r\n"u8) ? State.LineStart
            : copied[^1] == '\r' ? State.Cr
            : State.Inside;
        return copied.Length;
    }
}

/// <summary>The sender's side of transparency (RFC 5321 §4.5.2): from the mail's octets to those after 354.</summary>
public struct DotStuffer
{
    private bool insideLine;
    private bool afterCr;

    /// <summary>Writes the mail's next octets, doubling each dot at the start of a line.</summary>
    public void Write(ReadOnlySpan<byte> mail, IBufferWriter<byte> output)
    {
        while (!mail.IsEmpty)
        {
            if (!insideLine && mail[0] == '.')
            {
                output.Write("."u8);
            }

            // The LF of a CRLF that was split between two calls begins a line of its own accord.
            var length = afterCr && mail[0] == '\n' ? 1 : LengthToDot(mail);
            insideLine = !(mail[..length].EndsWith("\r\n"u8) || (afterCr && length == 1 && mail[0] == '\n'));
            afterCr = mail[length - 1] == '\r';
            output.Write(mail[..length]);
            mail = mail[length..];
        }
    }

    /// <summary>Ends the mail: the CRLF it lacks, if it is not empty, then the dot.</summary>
    public readonly void End(IBufferWriter<byte> output) => output.Write(insideLine ? "\r\n.\r\n"u8 : ".\r\n"u8);

    private static int LengthToDot(ReadOnlySpan<byte> mail) =>
        mail.IndexOf("\r\n."u8) is >= 0 and var stop ? stop + "\r\n".Length : mail.Length;
}
