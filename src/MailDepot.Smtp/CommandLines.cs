using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace MailDepot.Smtp;

/// <summary>Cuts what a client sends into command lines, in memory of one line.</summary>
/// <remarks>
/// Only what begins after CRLF and ends with CRLF is a command (RFC 5321 §2.3.8). Each bare LF gets its refusal at once,
/// and so does the rest up to the next CRLF: whoever smuggles a LF into a command must not have what follows executed.
/// </remarks>
internal sealed class CommandLines(SmtpLimits limits)
{
    private readonly byte[] line = new byte[limits.CommandLineBytes];

    /// <summary>Octets of the current line that were too many to keep.</summary>
    private long skipped;
    private bool skippedEndsWithCr;
    private bool skippedChunk;
    private bool followsBareLf;

    /// <summary>Takes the next line off <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Afterwards begins behind the line; without a whole line, behind what need not be kept.</param>
    /// <param name="command">The line without CRLF, valid until the next call; empty with a refusal.</param>
    /// <param name="refusal">The reply to a line that is no command.</param>
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
        var octets = skipped + piece.Length;
        var endsWithCrLf = piece.Length > 1 ? LastOctet(piece.Slice(0, piece.Length - 1)) == '\r' : skippedEndsWithCr;
        refusal = octets > limits.HopelessLineBytes ? SmtpReply.HopelessLine
            : octets > line.Length ? SmtpReply.LineTooLong
            : followsBareLf || !endsWithCrLf ? SmtpReply.BareLineEnd
            : null;
        refusal = refusal is { Then: not AfterReply.Close } && (skipped > 0 ? skippedChunk : BeginsChunk(piece)) ? SmtpReply.BadChunk : refusal;
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

    /// <summary>Without a LF: drops a line that is too long already, and gives up on a hopeless one.</summary>
    private bool TrySkip(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out SmtpReply? refusal)
    {
        refusal = skipped + buffer.Length > limits.HopelessLineBytes ? SmtpReply.HopelessLine : null;
        if (!buffer.IsEmpty && skipped + buffer.Length > line.Length)
        {
            skippedChunk = skipped > 0 ? skippedChunk : BeginsChunk(buffer);
            skipped += buffer.Length;
            skippedEndsWithCr = LastOctet(buffer) == '\r';
            buffer = buffer.Slice(buffer.End);
        }

        return refusal is not null;
    }

    private static bool BeginsChunk(ReadOnlySequence<byte> octets)
    {
        const int verb = 4;
        Span<byte> word = stackalloc byte[verb];
        if (octets.Length < verb)
        {
            return false;
        }

        octets.Slice(0, verb).CopyTo(word);
        return SmtpCommand.BeginsChunk(word);
    }

    private static byte LastOctet(ReadOnlySequence<byte> octets) => octets.Slice(octets.Length - 1).FirstSpan[0];
}
