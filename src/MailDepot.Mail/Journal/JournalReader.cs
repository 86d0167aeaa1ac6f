using MailDepot.Mail;

using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Journal;

/// <summary>Reads a mail that came to where Exchange journals to, down to the innermost mail.</summary>
/// <remarks>
/// A report is read in one pass. Only one that holds another, a bounce that brings a report back, and a mail attached as
/// an encoded file or with an empty line before its header are opened again, once a level.
/// </remarks>
public static class JournalReader
{
    /// <summary>Levels that are looked into: a bounce, a report about a report, and two to spare.</summary>
    public const int MaxLevels = 5;

    /// <summary>Reads the mail as a stream.</summary>
    /// <param name="open">Opens the mail from its first octet.</param>
    /// <param name="ct">Cancels. Errors of the stream come through, too.</param>
    public static Task<JournalReading> ReadAsync(Func<CancellationToken, Task<Stream>> open, CancellationToken ct) => ReadAsync(open, 1, ct);

    /// <summary>Opens the mail inside a report that can be split: its octets as they lie in what came.</summary>
    /// <param name="open">Opens the whole from its first octet.</param>
    /// <param name="split">Where it is.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<Stream> OpenInsideAsync(Func<CancellationToken, Task<Stream>> open, JournalSplit split, CancellationToken ct) =>
        new SliceStream(await open(ct), split.Offset, split.Length);

    private static async Task<JournalReading> ReadAsync(Func<CancellationToken, Task<Stream>> open, int level, CancellationToken ct)
    {
        using var scan = new ReportScan();
        MailReading mail;
        await using (var stream = await open(ct))
        {
            mail = await MailReader.ReadAsync(stream, scan.Feed, ct);
        }

        scan.Complete();
        var report = JournalReport.Read(scan, mail);
        if (level == MaxLevels)
        {
            return new JournalReading(mail, report);
        }

        if (report is null)
        {
            var lost = scan.IsBounce ? mail.Messages.FirstOrDefault(message => message.ClaimsJournalReport) : null;
            return new JournalReading(mail, lost is null ? null : NestedReport.InBounce(scan, mail, await InsideAsync(lost.Offset, lost.Length, encoding: null)));
        }

        if (report.Split is null && scan.Encoding is { } encoding && scan.Length > 0)
        {
            return new JournalReading(mail, NestedReport.Encoded(report, await InsideAsync(scan.Offset, scan.Length, encoding)));
        }

        if (report.Split is { Length: > 0 } split && NestedReport.IsNoMail(split.Facts))
        {
            return new JournalReading(mail, NestedReport.Preceded(report, scan, await InsideAsync(split.Offset, split.Length, encoding: null)));
        }

        return mail.Messages is [{ ClaimsJournalReport: true } claimed] && NestedReport.IsBelieved(report)
            ? new JournalReading(mail, NestedReport.InReport(report, scan, await InsideAsync(claimed.Offset, claimed.Length, encoding: null)))
            : new JournalReading(mail, report);

        Task<JournalReading> InsideAsync(long offset, long length, string? encoding) =>
            ReadAsync(async token => Decoded(new SliceStream(await open(token), offset, length), encoding), level + 1, ct);
    }

    private static Stream Decoded(Stream octets, string? encoding) =>
        encoding is not null && MimeUtils.TryParse(encoding, out ContentEncoding known) && TransferDecoder.For(known) is { } decoder
            ? new DecodedStream(octets, decoder) : octets;
}

/// <summary>A mail that came to where Exchange journals to, as it was read.</summary>
/// <param name="Mail">The whole of it.</param>
/// <param name="Report">Null if neither it nor a bounce's attachment makes a claim to be a report.</param>
public sealed record JournalReading(MailReading Mail, JournalReport? Report);
