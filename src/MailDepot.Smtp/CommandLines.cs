using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace MailDepot.Smtp;

/// <summary>Splits a client's input into command lines, buffering one line at most.</summary>
/// <remarks>
/// A command starts after CRLF and ends with CRLF (RFC 5321 §2.3.8). Each bare LF is refused at once, and so is the rest
/// up to the next CRLF: a client that smuggles a LF into a command must not have what follows executed.
/// </remarks>
internal sealed class CommandLines(SmtpLimits limits)
{
    private readonly byte[] line = new byte[limits.CommandLineBytes];

    /// <summary>Bytes dropped of the current line, which is too long.</summary>
    private long skipped;
    private bool skippedEndsWithCr;
    private bool skippedChunk;
    private bool followsBareLf;

    /// <summary>Takes the next line off <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Advanced past the line; if no line is complete, past what need not be kept.</param>
    /// <param name="command">The line without CRLF, valid until the next call; empty with a refusal.</param>
    /// <param name="refusal">The reply to a line that is not a command; null otherwise.</param>
    /// <returns>False if no line is complete yet.</returns>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out ReadOnlySpan<byte> command, out SmtpReply? refusal)
    {
        command = default;
        refusal = null;
        if (buffer.PositionOf((byte)'\n') is not { } lf)
        {
            return TrySkip(ref buffer, out refusal);
        }

        var piece = buffer.Slice(0, buffer.GetPosition(1, lf));
        buffer = buffer.Slice(piece.End);
        var bytes = skipped + piece.Length;
        var endsWithCrLf = piece.Length > 1 ? LastByte(piece.Slice(0, piece.Length - 1)) == '\r' : skippedEndsWithCr;
        refusal = bytes > limits.HopelessLineBytes ? SmtpReply.HopelessLine
            : bytes > line.Length ? SmtpReply.LineTooLong
            : followsBareLf || !endsWithCrLf ? SmtpReply.BareLineEnd
            : null;
        refusal = refusal is { Then: not AfterReply.Close } && (skipped > 0 ? skippedChunk : BeginsChunk(piece))
            ? SmtpReply.BadChunk
            : refusal;
        skipped = 0;
        skippedEndsWithCr = false;
        followsBareLf = !endsWithCrLf;
        if (refusal is null)
        {
            piece.CopyTo(line);
            command = line.AsSpan(0, (int)piece.Length - "\r\n".Length);
        }

        return true;
    }

    /// <summary>No LF yet: drops a line that is already too long, and gives up on a hopeless one.</summary>
    private bool TrySkip(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out SmtpReply? refusal)
    {
        refusal = skipped + buffer.Length > limits.HopelessLineBytes ? SmtpReply.HopelessLine : null;
        if (!buffer.IsEmpty && skipped + buffer.Length > line.Length)
        {
            skippedChunk = skipped > 0 ? skippedChunk : BeginsChunk(buffer);
            skipped += buffer.Length;
            skippedEndsWithCr = LastByte(buffer) == '\r';
            buffer = buffer.Slice(buffer.End);
        }

        return refusal is not null;
    }

    private static bool BeginsChunk(ReadOnlySequence<byte> bytes)
    {
        const int verb = 4;
        Span<byte> word = stackalloc byte[verb];
        if (bytes.Length < verb)
        {
            return false;
        }

        bytes.Slice(0, verb).CopyTo(word);
        return SmtpCommand.BeginsChunk(word);
    }

    private static byte LastByte(ReadOnlySequence<byte> bytes) => bytes.Slice(bytes.Length - 1).FirstSpan[0];
}
