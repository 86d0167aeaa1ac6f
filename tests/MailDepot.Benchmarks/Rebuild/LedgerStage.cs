using System.IO.Compression;
using MailDepot.Archive;
using MailDepot.Benchmarks.Ingest;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Benchmarks.Rebuild;

/// <summary>Ledgers like those of an archive after some days: the receipts of journal reports, in a file per hour.</summary>
/// <remarks>The documents are not stored: a rebuild does not need them.</remarks>
internal sealed class LedgerStage(DepotStorage storage)
{
    /// <summary>Receipts alternate between these two.</summary>
    public static readonly string[] Containers = ["office", "legal"];

    /// <summary>
    /// Receipts per minute and archive container: partitions of <c>Receipts</c> are as small as with the mail of a few hundred
    /// people.
    /// </summary>
    private const int PerMinute = 5;

    /// <summary>Size of a report.</summary>
    private const int ReportBytes = 10_000;

    private readonly JournalMails mails = new(ReportBytes);

    /// <summary>Appends the lines; the last minute is before <paramref name="end"/>.</summary>
    public async Task<List<(Receipt Receipt, LedgerPlace Place)>> AppendAsync(int count, DateTimeOffset end, CancellationToken ct)
    {
        var start = end.AddMinutes(-1 - (count / (PerMinute * Containers.Length)));
        var then = new Then { Now = start };
        var ledger = new ReceiptLedger(storage, then);
        var lines = new List<(Receipt, LedgerPlace)>(count);
        foreach (var minute in Enumerable.Range(0, count).Chunk(PerMinute * Containers.Length).Index())
        {
            then.Now = start.AddMinutes(minute.Index);
            lines.AddRange(await Task.WhenAll(minute.Item.Select(LineAsync)));
        }

        return lines;

        async Task<(Receipt, LedgerPlace)> LineAsync(int number)
        {
            var receipt = await ReceiptAsync(number, then.Now.AddSeconds(number % PerMinute), ct);
            return (receipt, await ledger.AppendAsync(receipt, ct));
        }
    }

    /// <summary>The receipt that the archiver writes for a report.</summary>
    private async Task<Receipt> ReceiptAsync(int number, DateTimeOffset received, CancellationToken ct)
    {
        var report = mails.Make(number);
        var source = new SmtpSource("127.0.0.1", "localhost", "", [JournalMails.Journal]);
        var ticket = new Ticket(Guid.CreateVersion7(received), source, received, report.Length, Digest.Of(report.Span));
        using var message = new MemoryStream();
        message.Write(ticket.Line());
        await using (var gzip = new GZipStream(message, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(report, ct);
        }

        var payload = await TicketPayload.ReadAsync(message.ToArray(), storage, ct);
        var destination = new Destination(Containers[number % Containers.Length], Journal: true);
        var receipt = (await Arrival.ReadAsync(payload, destination, ct)).Receipt;
        return receipt with { Document = receipt.Document with { StoredBytes = message.Length } };
    }

    /// <summary>The time at which a line is appended; the ledger names its file for it.</summary>
    private sealed class Then : TimeProvider
    {
        public required DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
