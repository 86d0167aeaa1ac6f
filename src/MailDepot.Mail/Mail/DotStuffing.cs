using System.Buffers;

namespace MailDepot.Mail;

/// <summary>Undoes dot-stuffing (RFC 5321 §4.5.2, RFC 1939 §3) in the bytes after 354 or +OK.</summary>
/// <remarks>
/// Only CRLF ends a line. A bare CR, a bare LF, NUL and lines of any length are content and stay as they are; <c>LF.LF</c>,
/// <c>CR.CRLF</c> and the like do not end the mail, so nothing can be smuggled after them.
/// </remarks>
public struct DotUnstuffer
{
    private State state;

    private enum State
    {
        /// <summary>After CRLF, or at the beginning.</summary>
        LineStart,

        /// <summary>After a dot at the start of a line; it is not written yet.</summary>
        Dot,

        /// <summary>After a dot and CR at the start of a line; they are not written yet.</summary>
        DotCr,

        /// <summary>Inside a line.</summary>
        Inside,

        /// <summary>Inside a line, after a CR, which is already written.</summary>
        Cr,

        /// <summary>After CRLF.CRLF.</summary>
        End,
    }

    /// <summary>The terminating dot was consumed; commands follow.</summary>
    public readonly bool AtEnd => state == State.End;

    /// <summary>Copies bytes from <paramref name="source"/> to <paramref name="mail"/> until either is used up or the mail ends.</summary>
    /// <returns>Bytes consumed and written.</returns>
    public (int Consumed, int Written) Unstuff(ReadOnlySpan<byte> source, Span<byte> mail)
    {
        var consumed = 0;
        var written = 0;
        while (consumed < source.Length && written < mail.Length && state != State.End)
        {
            var next = source[consumed];
            switch (state)
            {
                case State.LineStart:
                    consumed += next == '.' ? 1 : 0;
                    state = next == '.' ? State.Dot : State.Inside;
                    break;
                case State.Dot: // unless it ends the mail, the sender added this dot: drop it
                    consumed += next == '\r' ? 1 : 0;
                    state = next == '\r' ? State.DotCr : State.Inside;
                    break;
                case State.DotCr when next == '\n':
                    consumed++;
                    state = State.End;
                    break;
                case State.DotCr:
                    mail[written++] = (byte)'\r';
                    state = State.Inside;
                    break;
                case State.Cr when next == '\n':
                    mail[written++] = next;
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

    /// <summary>Copies up to the next CRLF that is followed by a dot, as far as that is visible here.</summary>
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

/// <summary>Dot-stuffs a mail for sending after 354 (RFC 5321 §4.5.2).</summary>
public struct DotStuffer
{
    private bool insideLine;
    private bool afterCr;

    /// <summary>Writes the mail's next bytes, doubling dots at the start of lines.</summary>
    public void Write(ReadOnlySpan<byte> mail, IBufferWriter<byte> output)
    {
        while (!mail.IsEmpty)
        {
            if (!insideLine && mail[0] == '.')
            {
                output.Write("."u8);
            }

            // The LF of a CRLF split between two calls also starts a line.
            var length = afterCr && mail[0] == '\n' ? 1 : LengthToDot(mail);
            insideLine = !(mail[..length].EndsWith("\r\n"u8) || (afterCr && length == 1 && mail[0] == '\n'));
            afterCr = mail[length - 1] == '\r';
            output.Write(mail[..length]);
            mail = mail[length..];
        }
    }

    /// <summary>Ends the mail: a CRLF if its last line lacks one, then the dot.</summary>
    public readonly void End(IBufferWriter<byte> output) => output.Write(insideLine ? "\r\n.\r\n"u8 : ".\r\n"u8);

    private static int LengthToDot(ReadOnlySpan<byte> mail) =>
        mail.IndexOf("\r\n."u8) is >= 0 and var stop ? stop + "\r\n".Length : mail.Length;
}
