using System.Collections.Immutable;
using System.IO.Compression;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Benchmarks.Ingest;

/// <summary>A mail prepared for the floor.</summary>
/// <param name="Message">A queue message as the pipeline's tickets are: inline, or a pointer for a larger mail.</param>
/// <param name="Document">The mail inside the report, gzip.</param>
internal sealed record ReadyMail(BinaryData Message, byte[] Document)
{
    private const int Ready = 64;

    /// <summary>Makes several different mails, so that Azurite does not see the same bytes each time.</summary>
    public static ImmutableArray<ReadyMail> Make(int kilobytes, DateTimeOffset now)
    {
        var mails = new JournalMails(kilobytes * 1_000);
        return [.. Enumerable.Range(1, Ready).Select(number => Make(mails.Make(number), now))];
    }

    /// <summary>The queue message of a report that just arrived.</summary>
    public static BinaryData Queued(ReadOnlyMemory<byte> report, DateTimeOffset now)
    {
        var source = new SmtpSource("127.0.0.1", "localhost", "", [JournalMails.Journal]);
        var ticket = new Ticket(Guid.CreateVersion7(now), source, now, report.Length, Digest.Of(report.Span));
        byte[] whole = [.. ticket.Line(), .. Gzip(report.Span)];
        return BinaryData.FromBytes(whole.Length <= StorageLimits.QueueMessageBytes ? whole : ticket.ToPointer());
    }

    private static ReadyMail Make(ReadOnlyMemory<byte> report, DateTimeOffset now)
    {
        var start = report.Span.IndexOf("message/rfc822"u8) + "message/rfc822\r\n\r\n".Length;
        var inner = report.Span[start..report.Span.IndexOf("\r\n--_report_--"u8)];
        return new ReadyMail(Queued(report, now), Gzip(inner));
    }

    private static byte[] Gzip(ReadOnlySpan<byte> bytes)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }
}
