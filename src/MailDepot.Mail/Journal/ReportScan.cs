using System.Buffers;

using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>Finds where the mail inside a journal report begins and ends, as the report's octets go by in chunks of any size.</summary>
/// <remarks>
/// The inner mail is hashed, never held. Certain is a multipart of the envelope (of a bounce, RFC 6522: its words), one
/// <c>message/rfc822</c>, perhaps a gateway's footer, and its end boundary, with nowhere a line that another reader could
/// take for a delimiter. For all else <see cref="Doubt"/> says why. Any other mail costs its header only.
/// </remarks>
public sealed class ReportScan : IDisposable
{
    /// <summary>
    /// Octets of head and tail together, up to which a report is split: they travel in the ledger line. An envelope of
    /// 5,000 recipients, each with a list, fits.
    /// </summary>
    public const int MaxWrapper = 1024 * 1024;

    /// <summary>Octets of the head that are held, so that an envelope of 5,000 recipients can be read.</summary>
    public const int MaxHead = 4 * 1024 * 1024;

    /// <summary>Octets looked at in one go.</summary>
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

    /// <summary>Why it is not certain where the inner mail is; null if it is. Read it, as all the rest, after <see cref="Complete"/>.</summary>
    public string? Doubt { get; private set; }

    /// <summary>Of the inner mail's first octet: also the length of <see cref="Head"/>.</summary>
    public long Offset => headLength;

    /// <summary>Octets of the inner mail, without the line end before the delimiter (RFC 2046 §5.1.1).</summary>
    public long Length => message?.Length ?? 0;

    /// <summary>Of an attached message that is not plainly one: what lies from <see cref="Offset"/> on must be decoded. Null if none is.</summary>
    public string? Encoding { get; private set; }

    /// <summary>A notification that a mail was not delivered, which may be a report.</summary>
    public bool IsBounce { get; private set; }

    /// <summary>Of the inner mail.</summary>
    public Digest Sha256 { get; private set; }

    /// <summary>All octets before the inner mail.</summary>
    public ReadOnlyMemory<byte> Head => head.WrittenMemory[..headLength];

    /// <summary>All octets after the inner mail.</summary>
    public ReadOnlyMemory<byte> Tail => tail.WrittenMemory;

    /// <summary>The first part, its header and its body still encoded, as far as it came; empty if there is none.</summary>
    public ReadOnlyMemory<byte> EnvelopePart { get; private set; }

    /// <summary>Takes the next octets of the report.</summary>
    public void Feed(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty && phase is not ReportPhase.Over)
        {
            var slice = octets[..Math.Min(octets.Length, SliceSize)];
            octets = octets[slice.Length..];
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

    /// <summary>The report is over: decides whether the split is certain. Again is harmless.</summary>
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

    /// <summary>The part lasts up to the delimiter's line, without the line end that belongs to the delimiter.</summary>
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
            phase = ReportPhase.OtherPart; // as message/delivery-status
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
