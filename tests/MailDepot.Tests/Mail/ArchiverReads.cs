using MailDepot.Archive;
using MailDepot.Ledger;
using MailDepot.Mail;

namespace MailDepot.Tests.Mail;

/// <summary>Reads test mail as the archiver does.</summary>
internal static class ArchiverReads
{
    /// <summary>Reads in one pass, or in two for a report inside a report.</summary>
    public static Task<ArchiveReading> MailAsync(byte[] mail, bool fromJournal) =>
        ArchiveReading.ReadAsync(_ => Read.OpenAsync(mail), fromJournal, CancellationToken.None);

    /// <summary>The facts that a receipt of this mail would have.</summary>
    public static LaterFacts FactsOf(ArchiveReading reading) => reading.FactsOf(Guid.Empty, "", new Pop3Source("journal", "1"));
}
