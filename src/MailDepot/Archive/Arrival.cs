using System.IO.Compression;
using MailDepot.Documents;
using MailDepot.Journal;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;

namespace MailDepot.Archive;

/// <summary>A ticket whose mail was read: the resulting receipt, and where in the mail the document is.</summary>
/// <remarks>Permanent failures happen here, before anything is written.</remarks>
public sealed class Arrival
{
    private readonly TicketPayload payload;
    private readonly JournalSplit? split;

    private Arrival(TicketPayload payload, JournalSplit? split, Receipt receipt) =>
        (this.payload, this.split, Receipt) = (payload, split, receipt);

    /// <summary>The receipt if the document is new; if not, the archiver corrects <see cref="Receipt.DocumentFirst"/>.</summary>
    public Receipt Receipt { get; }

    /// <summary>Reads the mail once, as a stream: facts, hashes, the position of the message in a report.</summary>
    /// <exception cref="UnarchivableException">The mail is not the one that the connector accepted.</exception>
    public static async Task<Arrival> ReadAsync(TicketPayload payload, Destination destination, CancellationToken ct)
    {
        var ticket = payload.Ticket;
        var reading = await ReadMailAsync(payload, destination.Journal, ct);
        if (reading.Mail.Sha256 != ticket.Sha256 || reading.Mail.Bytes != ticket.Bytes)
        {
            throw new UnarchivableException(
                QuarantineReason.HashMismatch,
                $"The mail of ticket {ticket.Id} is not the one that was accepted: {reading.Mail.Bytes} bytes with SHA-256 "
                    + $"{reading.Mail.Sha256} instead of {ticket.Bytes} with {ticket.Sha256}.");
        }

        return new Arrival(payload, reading.Report?.Split, MakeReceipt(ticket, destination.Container, reading));
    }

    /// <summary>Writes the document, compressed. A mail that is its own document is copied as the connector compressed it.</summary>
    public async Task CompressDocumentAsync(Stream destination, CancellationToken ct)
    {
        if (split is null)
        {
            await using var compressed = await payload.OpenCompressedAsync(ct);
            await compressed.CopyToAsync(destination, ct);
            return;
        }

        await using var mail = new SliceStream(await payload.OpenAsync(ct), split.Offset, split.Length);
        await using var gzip = new GZipStream(destination, CompressionLevel.Optimal, leaveOpen: true);
        await mail.CopyToAsync(gzip, ct);
        if (split.Length == 0)
        {
            await destination.WriteAsync(Gzip.Empty, ct);
        }
    }

    private static async Task<ArchiveReading> ReadMailAsync(TicketPayload payload, bool fromJournal, CancellationToken ct)
    {
        try
        {
            return await ArchiveReading.ReadAsync(payload.OpenAsync, fromJournal, ct);
        }
        catch (InvalidDataException e)
        {
            throw new UnarchivableException(
                QuarantineReason.PayloadCorrupt, $"The payload of ticket {payload.Ticket.Id} can't be decompressed: {e.Message}");
        }
    }

    private static Receipt MakeReceipt(Ticket ticket, string container, ArchiveReading reading)
    {
        var inner = reading.Report?.Split;
        var (sha256, bytes) = inner is null ? (reading.Mail.Sha256, reading.Mail.Bytes) : (inner.Sha256, inner.Length);
        var facts = reading.FactsOf(ticket.Id, container, ticket.Source);
        return facts.ApplyTo(new Receipt
        {
            Id = ticket.Id,
            Container = container,
            DeliveryKey = DeliveryKey.Of(ticket, reading.Report),
            Received = ticket.Received,
            Source = ticket.Source,
            RawBytes = ticket.Bytes,
            RawSha256 = ticket.Sha256,
            Document = new DocumentPlace(DocumentStore.Path(ticket.Received, sha256), sha256, bytes),
            DocumentFirst = ticket.Id,
            Wrapper = inner is null ? null : Wrapper.Pack(inner.Head, inner.Tail),
            Mail = facts.Mail,
        });
    }
}
