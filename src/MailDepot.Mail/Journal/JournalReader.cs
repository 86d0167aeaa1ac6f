using MailDepot.Mail;

using MimeKit;
using MimeKit.Utils;

namespace MailDepot.Journal;

/// <summary>Reads a mail sent to a journal address, down to the innermost mail.</summary>
/// <remarks>
/// A report is read in one pass. It is opened again, once per level, only for a report inside a report, a report returned in a
/// bounce, a mail attached as an encoded file, and a mail with an empty line before its header.
/// </remarks>
public static class JournalReader
{
    /// <summary>Levels to read: a bounce, a report about a report, and two to spare.</summary>
    public const int MaxLevels = 5;

    /// <summary>Reads the mail.</summary>
    /// <param name="open">Opens the mail at its first byte.</param>
    /// <param name="ct">Cancels. Errors of the stream propagate.</param>
    public static Task<JournalReading> ReadAsync(Func<CancellationToken, Task<Stream>> open, CancellationToken ct) =>
        ReadAsync(open, 1, ct);

    /// <summary>Opens the mail inside a report that can be split, byte for byte as received.</summary>
    /// <param name="open">Opens the whole report at its first byte.</param>
    /// <param name="split">Where the mail is.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<Stream> OpenInsideAsync(
        Func<CancellationToken, Task<Stream>> open, JournalSplit split, CancellationToken ct) =>
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
            var returned = scan.IsBounce ? mail.Messages.FirstOrDefault(message => message.ClaimsJournalReport) : null;
            return new JournalReading(mail, returned is null ? null
                : NestedReport.InBounce(scan, mail, await InsideAsync(returned.Offset, returned.Length, encoding: null)));
        }

        if (report.Split is null && scan.Encoding is { } encoding && scan.Length > 0)
        {
            return new JournalReading(mail, NestedReport.Encoded(report, await InsideAsync(scan.Offset, scan.Length, encoding)));
        }

        if (report.Split is { Length: > 0 } split && NestedReport.IsNoMail(split.Facts))
        {
            var inside = await InsideAsync(split.Offset, split.Length, encoding: null);
            return new JournalReading(mail, NestedReport.Preceded(report, scan, inside));
        }

        if (mail.Messages is [{ ClaimsJournalReport: true } claimed] && NestedReport.IsBelieved(report))
        {
            var inside = await InsideAsync(claimed.Offset, claimed.Length, encoding: null);
            return new JournalReading(mail, NestedReport.InReport(report, scan, inside));
        }

        return new JournalReading(mail, report);

        Task<JournalReading> InsideAsync(long offset, long length, string? encoding) =>
            ReadAsync(async token => Decoded(new SliceStream(await open(token), offset, length), encoding), level + 1, ct);
    }

    private static Stream Decoded(Stream bytes, string? encoding) =>
        encoding is not null && MimeUtils.TryParse(encoding, out ContentEncoding known) && TransferDecoder.For(known) is { } decoder
            ? new DecodedStream(bytes, decoder) : bytes;
}

/// <summary>The result of reading a mail sent to a journal address.</summary>
/// <param name="Mail">The whole mail.</param>
/// <param name="Report">Null if neither the mail nor a message attached to a bounce claims to be a report.</param>
public sealed record JournalReading(MailReading Mail, JournalReport? Report);
