using MailDepot.Mail;

namespace MailDepot.Tests;

/// <summary>Reads test mail as the archive would: one pass over a stream in pieces.</summary>
internal static class Read
{
    /// <summary>Not a power of two, so that borders fall anywhere.</summary>
    private const int PieceSize = 1_021;

    public static Task<MailReading> MailAsync(byte[] mail) => MailReader.ReadAsync(PieceStream.Of(mail, PieceSize), null, CancellationToken.None);

    public static Task<MailReading> MailAsync(MailDraft mail) => MailAsync(mail.Bytes());
}
