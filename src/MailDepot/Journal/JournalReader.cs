using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>Reads a mail that came to where Exchange journals to.</summary>
public static class JournalReader
{
    /// <summary>Reads the mail once, as a stream.</summary>
    /// <param name="open">Opens the mail from its first octet.</param>
    /// <param name="ct">Cancels. Errors of the stream come through, too.</param>
    public static async Task<JournalReading> ReadAsync(Func<CancellationToken, Task<Stream>> open, CancellationToken ct)
    {
        using var scan = new ReportScan();
        await using var mail = await open(ct);
        var reading = await MailReader.ReadAsync(mail, scan.Feed, ct);
        return new JournalReading(reading, JournalReport.Read(scan, reading));
    }
}

/// <summary>A mail that came to where Exchange journals to, as it was read.</summary>
/// <param name="Mail">The whole of it.</param>
/// <param name="Report">Null if it makes no claim to be a report.</param>
public sealed record JournalReading(MailReading Mail, JournalReport? Report);
