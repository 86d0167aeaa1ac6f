using System.Buffers;

using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>Finds where the mail inside a journal report begins and ends, as the report streams by in pieces of any size.</summary>
/// <remarks>
/// The inner mail is hashed, not held in memory. The result is certain for a multipart of the envelope (in a bounce, RFC 6522,
/// its explanation), one <c>message/rfc822</c>, perhaps a gateway's footer, and an end boundary, without any line that another
/// reader could take for a delimiter. For anything else <see cref="Doubt"/> gives the reason. Of other mail only the header is
/// scanned.
/// </remarks>
public sealed class ReportScan : IDisposable
{
    /// <summary>
    /// Bytes of head and tail together, up to which a report is split: they are stored in the ledger line. An envelope of 5,000
    /// recipients, each with a list, fits.
    /// </summary>
    public const int MaxWrapper = 1024 * 1024;

    /// <summary>Bytes of the head held in memory, enough for an envelope of 5,000 recipients.</summary>
    public const int MaxHead = 4 * 1024 * 1024;

    /// <summary>Bytes processed at a time.</summary>
    private const int SliceSize = 64 * 1024;

    private readonly ArrayBufferWriter<byte> head = new();
    private readonly ArrayBufferWriter<byte> tail = new();
    private ReportPhase phase;
    private int lineStart;
    private int searched;
    private int headLength;
    private int envelopeStart;
    private int messageHeaderStart;
    private Delimiter? delimiter;
    private InnerMessage? message;

    /// <summary>Why the inner mail's position is uncertain; null if it is certain. Call <see cref="Complete"/> first.</summary>
    public string? Doubt { get; private set; }

    /// <summary>Where the inner mail starts, in bytes; also the length of <see cref="Head"/>.</summary>
    public long Offset => headLength;

    /// <summary>Bytes of the inner mail, without the line end before the delimiter (RFC 2046 §5.1.1).</summary>
    public long Length => message?.Length ?? 0;

    /// <summary>
    /// The transfer encoding to undo from <see cref="Offset"/> on, if the message is attached in another form, such as an encoded
    /// file; otherwise null.
    /// </summary>
    public string? Encoding { get; private set; }

    /// <summary>The mail is a bounce, perhaps of a report.</summary>
    public bool IsBounce { get; private set; }

    /// <summary>Of the inner mail.</summary>
    public Digest Sha256 { get; private set; }

    /// <summary>All bytes before the inner mail.</summary>
    public ReadOnlyMemory<byte> Head => head.WrittenMemory[..headLength];

    /// <summary>All bytes after the inner mail.</summary>
    public ReadOnlyMemory<byte> Tail => tail.WrittenMemory;

    /// <summary>The first part as far as it was read, header included and body still encoded; empty if there is none.</summary>
    public ReadOnlyMemory<byte> EnvelopePart { get; private set; }

    /// <summary>Takes the next bytes of the report.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && phase is not ReportPhase.Over)
        {
            var slice = bytes[..Math.Min(bytes.Length, SliceSize)];
            bytes = bytes[slice.Length..];
            switch (phase)
            {
                case ReportPhase.Message:
                    FeedMessage(slice);
                    break;
                case ReportPhase.Tail:
                    FeedTail(slice);
                    break;
                default:
                    FeedHead(slice);
                    break;
            }
        }
    }

    /// <summary>The report has ended: decides whether the split is certain. May be called again.</summary>
    public void Complete()
    {
        if (phase < ReportPhase.Message && lineStart < head.WrittenCount)
        {
            ReadLine(lineStart, head.WrittenCount);
        }

        Sha256 = phase is ReportPhase.Tail ? message!.Finish() : Sha256;
        End(phase switch
        {
            ReportPhase.Over => null,
            ReportPhase.Tail => delimiter!.DoubtAbout(tail.WrittenSpan),
            ReportPhase.Message => "The report was cut off: its end boundary is missing.",
            _ => "The report ends before its attached message.",
        });
    }

    /// <inheritdoc/>
    public void Dispose() => message?.Dispose();

    private void End(string? doubt)
    {
        if (phase is ReportPhase.Envelope && EnvelopePart.IsEmpty)
        {
            EnvelopePart = head.WrittenMemory[envelopeStart..];
        }

        Doubt ??= doubt;
        phase = ReportPhase.Over;
    }

    private void FeedHead(ReadOnlySpan<byte> slice)
    {
        head.Write(slice);
        while (phase < ReportPhase.Message)
        {
            var end = head.WrittenSpan[searched..].IndexOf((byte)'\n');
            if (end < 0)
            {
                searched = head.WrittenCount;
                break;
            }

            searched += end + 1;
            ReadLine(lineStart, searched);
            lineStart = searched;
        }

        if (phase is ReportPhase.Message)
        {
            headLength = lineStart;
            FeedMessage(head.WrittenSpan[lineStart..]);
        }
        else if (head.WrittenCount > MaxHead)
        {
            End($"More than {MaxHead / 1024} KiB come before the attached message.");
        }
    }

    private void ReadLine(int start, int end)
    {
        var line = PartHeader.WithoutLineEnd(head.WrittenSpan[start..end]);
        if (phase is ReportPhase.Header)
        {
            if (line.IsEmpty && HeaderPreamble.IsEnded(head.WrittenSpan[..end]))
            {
                ReadReportHeader(PartHeader.Read(head.WrittenSpan[HeaderPreamble.Length(head.WrittenSpan[..end])..end]));
            }

            return;
        }

        switch (delimiter!.In(line))
        {
            case DelimiterKind.Next when phase is ReportPhase.Preamble:
                (phase, envelopeStart) = (ReportPhase.Envelope, end);
                break;
            case DelimiterKind.Next when phase is ReportPhase.Envelope:
                ReadEnvelope(start);
                (phase, messageHeaderStart) = (ReportPhase.MessageHeader, end);
                break;
            case DelimiterKind.Next when phase is ReportPhase.OtherPart:
                (phase, messageHeaderStart) = (ReportPhase.MessageHeader, end);
                break;
            case DelimiterKind.Last when phase is ReportPhase.Envelope:
                ReadEnvelope(start);
                End("The report has no attached message.");
                break;
            case DelimiterKind.Last when phase is ReportPhase.OtherPart:
                End("The report has no attached message.");
                break;
            case DelimiterKind.None when phase is ReportPhase.MessageHeader && line.IsEmpty:
                ReadMessageHeader(PartHeader.Read(head.WrittenSpan[messageHeaderStart..end]), end);
                break;
            case DelimiterKind.None:
                break;
            case DelimiterKind.LookAlike:
                Doubt ??= "A line before the attached message only resembles a delimiter.";
                break;
            default:
                End("A delimiter stands where none may be.");
                break;
        }
    }

    private void ReadReportHeader(PartHeader header)
    {
        if (header.DoubtAsReport() is { } doubt)
        {
            End(doubt);
            return;
        }

        Doubt = header.ContentTypes > 1 ? "The report's header has more than one Content-Type." : null;
        IsBounce = header is { IsBounce: true, ClaimsJournalReport: false };
        delimiter = new Delimiter(header.Type!.Boundary!);
        phase = ReportPhase.Preamble;
    }

    /// <summary>The part ends before the delimiter's line, without the line end that belongs to the delimiter.</summary>
    private void ReadEnvelope(int delimiterStart)
    {
        var length = PartHeader.WithoutLineEnd(head.WrittenSpan[envelopeStart..delimiterStart]).Length;
        EnvelopePart = head.WrittenMemory.Slice(envelopeStart, length);
        Doubt ??= IsBounce ? null : PartHeader.Read(EnvelopePart.Span).DoubtAsEnvelope();
    }

    private void ReadMessageHeader(PartHeader header, int end)
    {
        if (IsBounce && !header.HoldsMessage)
        {
            phase = ReportPhase.OtherPart; // such as message/delivery-status
            return;
        }

        var doubt = header.DoubtAsMessage();
        Encoding = doubt is not null && header.HoldsMessage ? header.Encoding : null;
        Doubt ??= doubt ?? (end > MaxWrapper ? WrapperTooLong : null);
        if (Doubt is not null && Encoding is null)
        {
            phase = ReportPhase.Over;
            return;
        }

        message = new InnerMessage(delimiter!, SliceSize);
        phase = ReportPhase.Message;
    }

    private void FeedMessage(ReadOnlySpan<byte> slice)
    {
        if (message!.Feed(slice, out var rest))
        {
            phase = ReportPhase.Tail;
            FeedTail(rest);
        }
    }

    private void FeedTail(ReadOnlySpan<byte> slice)
    {
        if (headLength + tail.WrittenCount + slice.Length > MaxWrapper)
        {
            End(WrapperTooLong);
        }
        else
        {
            tail.Write(slice);
        }
    }

    internal static string WrapperTooLong => $"What wraps the attached message exceeds {MaxWrapper / 1024} KiB.";
}
