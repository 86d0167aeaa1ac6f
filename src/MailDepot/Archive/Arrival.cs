using System.Collections.Immutable;
using System.IO.Compression;
using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Archive;

/// <summary>A ticket whose mail was read: the receipt it makes, and where in the mail the document lies.</summary>
/// <remarks>What can fail for good fails here, before anything is written.</remarks>
public sealed class Arrival
{
    private readonly TicketPayload payload;
    private readonly JournalSplit? split;

    private Arrival(TicketPayload payload, JournalSplit? split, Receipt receipt) =>
        (this.payload, this.split, Receipt) = (payload, split, receipt);

    /// <summary>As it is if the document is new: the archiver corrects <see cref="Receipt.DocumentFirst"/> if it is not.</summary>
    public Receipt Receipt { get; }

    /// <summary>Reads the mail once, as a stream: facts, hashes, the place of the message in a report.</summary>
    /// <exception cref="UnarchivableException">The mail is not the one that the connector took in.</exception>
    public static async Task<Arrival> ReadAsync(TicketPayload payload, RecipientRule rule, CancellationToken ct)
    {
        var ticket = payload.Ticket;
        using var scan = rule.Journal ? new ReportScan() : null;
        var mail = await ReadMailAsync(payload, scan, ct);
        if (mail.Sha256 != ticket.Sha256 || mail.Bytes != ticket.Bytes)
        {
            throw new UnarchivableException(
                QuarantineReason.HashMismatch,
                $"The mail of ticket {ticket.Id} is not the one that was accepted: {mail.Bytes} octets with SHA-256 {mail.Sha256} instead of {ticket.Bytes} with {ticket.Sha256}.");
        }

        scan?.Complete();
        var report = scan is null ? null : JournalReport.Read(scan, mail);
        return new Arrival(payload, report?.Split, MakeReceipt(ticket, rule, mail, report));
    }

    /// <summary>Writes the document, compressed. A mail that is its own document is taken over as the connector compressed it.</summary>
    public async Task CompressDocumentAsync(Stream destination, CancellationToken ct)
    {
        if (split is null)
        {
            await using var compressed = await payload.OpenCompressedAsync(ct);
            await compressed.CopyToAsync(destination, ct);
            return;
        }

        await using var mail = await payload.OpenAsync(ct);
        await using var gzip = new GZipStream(destination, CompressionLevel.Optimal, leaveOpen: true);
        await StreamSlice.CopyAsync(mail, split.Offset, split.Length, gzip, ct);
        if (split.Length == 0)
        {
            await destination.WriteAsync(Gzip.Empty, ct);
        }
    }

    private static async Task<MailReading> ReadMailAsync(TicketPayload payload, ReportScan? scan, CancellationToken ct)
    {
        try
        {
            await using var mail = await payload.OpenAsync(ct);
            return await MailReader.ReadAsync(mail, scan is null ? null : scan.Feed, ct);
        }
        catch (InvalidDataException e)
        {
            throw new UnarchivableException(
                QuarantineReason.PayloadCorrupt, $"The payload of ticket {payload.Ticket.Id} can't be decompressed: {e.Message}");
        }
    }

    private static Receipt MakeReceipt(Ticket ticket, RecipientRule rule, MailReading mail, JournalReport? report)
    {
        var inner = report?.Split;
        var (sha256, bytes) = inner is null ? (mail.Sha256, mail.Bytes) : (inner.Sha256, inner.Length);
        return new Receipt
        {
            Id = ticket.Id,
            Container = rule.Container,
            DeliveryKey = DeliveryKey.Of(ticket, report),
            Received = ticket.Received,
            Source = ticket.Source,
            RawBytes = ticket.Bytes,
            RawSha256 = ticket.Sha256,
            Document = new DocumentPlace(Documents.Path(ticket.Received, sha256), sha256, bytes),
            DocumentFirst = ticket.Id,
            Wrapper = inner is null ? null : Wrapper.Around(inner.Head, inner.Tail),
            ReportMessageId = report?.MessageId,
            Journal = report?.Envelope,
            Mail = inner?.Facts ?? mail.Facts,
            Flags = Flags(rule, mail, report),
            Doubt = report?.Doubt ?? mail.Defect,
        };
    }

    private static ImmutableArray<ReceiptFlag> Flags(RecipientRule rule, MailReading mail, JournalReport? report) =>
        rule.Journal && report is null ? [.. Marks(mail, report), ReceiptFlag.NoReport] : [.. Marks(mail, report)];

    /// <summary>The marks that the mail's own octets make, wherever it came to.</summary>
    public static IEnumerable<ReceiptFlag> Marks(MailReading mail, JournalReport? report)
    {
        if (mail.Defect is not null)
        {
            yield return ReceiptFlag.Unparsed;
        }

        if (report is { Split: null })
        {
            yield return ReceiptFlag.JournalUncertain;
        }

        if (Participant.AreTooMany(report?.Split?.Facts ?? mail.Facts, report?.Envelope))
        {
            yield return ReceiptFlag.AddressesCut;
        }
    }
}
