using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Tests;

/// <summary>Reads test mail as the archive would: one pass over a stream in pieces.</summary>
internal static class Read
{
    /// <summary>Not a power of two, so that borders fall anywhere.</summary>
    private const int PieceSize = 1_021;

    public static Task<MailReading> MailAsync(byte[] mail) => MailReader.ReadAsync(PieceStream.Of(mail, PieceSize), null, CancellationToken.None);

    /// <summary>With its text.</summary>
    public static Task<MailReading> TextAsync(byte[] mail) => MailReader.ReadWithTextAsync(PieceStream.Of(mail, PieceSize), null, CancellationToken.None);

    public static Task<MailReading> MailAsync(MailDraft mail) => MailAsync(mail.Bytes());

    /// <summary>Null if the mail makes no claim to be a report.</summary>
    public static async Task<JournalReport?> ReportAsync(byte[] mail, int pieceSize = PieceSize)
    {
        using var scan = new ReportScan();
        var reading = await MailReader.ReadAsync(PieceStream.Of(mail, pieceSize), scan.Feed, CancellationToken.None);
        return JournalReport.Read(scan, reading);
    }

    /// <summary>Of a mail that does make the claim.</summary>
    public static async Task<JournalReport> ReportAsync(ReportDraft report) =>
        await ReportAsync(report.Bytes()) ?? throw new InvalidOperationException("The mail makes no claim to be a journal report.");
}
