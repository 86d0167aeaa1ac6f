using MailDepot.Journal;
using MailDepot.Mail;

namespace MailDepot.Testing;

/// <summary>Reads test mail as the archive would: one pass over a stream in pieces.</summary>
internal static class Read
{
    /// <summary>Not a power of two, so that borders fall anywhere.</summary>
    private const int PieceSize = 1_021;

    public static Task<MailReading> MailAsync(byte[] mail) =>
        MailReader.ReadAsync(PieceStream.Of(mail, PieceSize), null, CancellationToken.None);

    /// <summary>With its text.</summary>
    public static Task<MailReading> TextAsync(byte[] mail) =>
        MailReader.ReadWithTextAsync(PieceStream.Of(mail, PieceSize), null, CancellationToken.None);

    public static Task<MailReading> MailAsync(MailDraft mail) => MailAsync(mail.Bytes());

    /// <summary>As it is read that came to where Exchange journals to; null if it makes no claim to be a report.</summary>
    public static async Task<JournalReport?> ReportAsync(byte[] mail, int pieceSize = PieceSize) =>
        (await JournalReader.ReadAsync(_ => OpenAsync(mail, pieceSize), CancellationToken.None)).Report;

    /// <summary>A split report as it was received.</summary>
    public static byte[] Joined(JournalSplit split, byte[] document) => [.. split.Head.Span, .. document, .. split.Tail.Span];

    /// <summary>Opens it from its first byte.</summary>
    public static Task<Stream> OpenAsync(byte[] mail, int pieceSize = PieceSize) =>
        Task.FromResult<Stream>(PieceStream.Of(mail, pieceSize));

    /// <summary>Of a mail that does make the claim.</summary>
    public static async Task<JournalReport> ReportAsync(ReportDraft report) =>
        await ReportAsync(report.Bytes()) ?? throw new InvalidOperationException("The mail makes no claim to be a journal report.");
}
