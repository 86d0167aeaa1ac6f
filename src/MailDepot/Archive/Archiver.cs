using System.Diagnostics;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Turns a ticket into a document, a ledger line and index rows, in the order that survives any crash.</summary>
/// <remarks>
/// Every step may run again, also by two workers at once. Returning means that the message may be completed; an exception
/// means: later again. Tickets that can never be archived go to quarantine from here, for a named reason.
/// </remarks>
public sealed class Archiver(
    DepotStorage storage, ArchiveContainers containers, Documents documents, Deliveries deliveries, ReceiptLedger ledger,
    IndexWriter index, IndexReader reader, Quarantine quarantine, DepotEvents events, TimeProvider clock) : IDisposable
{
    /// <summary>From this many octets a mail is large: it is read from the spool twice, in buffers of megabytes.</summary>
    private const int LargeBytes = 4 * 1024 * 1024;

    /// <summary>Large mails at work at a time: bounds the memory of all tickets together.</summary>
    private const int LargeAtOnce = 4;

    private readonly SemaphoreSlim largeTurns = new(LargeAtOnce);

    /// <summary>Archives the mail of one message from the queue.</summary>
    public async Task ArchiveAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        TicketPayload? payload = null;
        try
        {
            payload = await TicketPayload.ReadAsync(message, storage, ct);
            await ArchiveAsync(payload, ct);
        }
        catch (UnarchivableException reason)
        {
            if (reason.Reason is QuarantineReason.SpoolBlobGone && await ArchivedBeforeAsync(message, ct) is { } id)
            {
                events.Write(EventKind.Duplicate, id, "The ticket came again after its mail was archived; nothing was left to do.");
                return;
            }

            var place = await quarantine.PutAsync(message, payload, reason, ct);
            Telemetry.Quarantined.Add(1, new KeyValuePair<string, object?>("reason", reason.Reason));
            events.Write(EventKind.Quarantined, payload?.Ticket.Id ?? Guid.Empty, $"{reason.Message} It is kept in quarantine as {place}.");
        }
    }

    /// <inheritdoc />
    public void Dispose() => largeTurns.Dispose();

    private async Task ArchiveAsync(TicketPayload payload, CancellationToken ct)
    {
        var ticket = payload.Ticket;
        using var activity = Telemetry.Source.StartActivity("archive", ActivityKind.Consumer, ticket.Trace);
        var started = clock.GetTimestamp();
        var large = ticket.Bytes > LargeBytes;
        if (large)
        {
            await largeTurns.WaitAsync(ct);
        }

        try
        {
            var arrival = await Arrival.ReadAsync(payload, containers.For(ticket.Source), ct);
            await ArchiveAsync(arrival, ct);
            await payload.DeleteSpooledAsync(ct);
        }
        finally
        {
            if (large)
            {
                largeTurns.Release();
            }
        }

        Telemetry.ArchiveDuration.Record(clock.GetElapsedTime(started).TotalSeconds);
    }

    private async Task ArchiveAsync(Arrival arrival, CancellationToken ct)
    {
        var receipt = arrival.Receipt;
        var self = new DocumentOwner(receipt.Id, receipt.DeliveryKey);
        var owner = await documents.PutAsync(receipt.Container, receipt.Document, self, arrival.CompressDocumentAsync, ct);
        events.Write(EventKind.Step, receipt.Id, owner == self
            ? $"Document {Short(receipt.Document.Sha256)} is stored, {Octets.Words(receipt.Document.Bytes)}."
            : $"Document {Short(receipt.Document.Sha256)} was there already, from receipt {owner.Receipt}.");

        if (owner.Receipt != receipt.Id)
        {
            if (await SameDeliveryAsync(receipt, owner, ct) is { } other)
            {
                await FoldAsync(receipt, other, ct);
                return;
            }

            receipt = receipt with { DocumentFirst = owner.Receipt == Guid.Empty ? receipt.Id : owner.Receipt };
        }

        var place = await ledger.AppendAsync(receipt, ct);
        events.Write(EventKind.Step, receipt.Id, $"The line is in the ledger, {place.Length} octets.");
        var put = await index.AddAsync(receipt, place, ct);
        if (put is Put.Created)
        {
            Telemetry.Archived.Add(1);
        }

        events.Write(EventKind.Archived, receipt.Id, Summary(receipt));
    }

    /// <summary>The receipt that had this very delivery before; null if it is this ticket's own.</summary>
    private async Task<Guid?> SameDeliveryAsync(Receipt receipt, DocumentOwner owner, CancellationToken ct)
    {
        var first = owner.DeliveryKey == receipt.DeliveryKey
            ? owner.Receipt
            : await deliveries.ClaimAsync(receipt.Container, receipt.Document.Path, receipt.DeliveryKey, receipt.Id, ct);
        return first == receipt.Id ? null : first;
    }

    /// <summary>The same delivery again ends here, but only once the other's row is safe: its worker may have died half-way.</summary>
    private async Task FoldAsync(Receipt receipt, Guid other, CancellationToken ct)
    {
        if (!await reader.HasReceiptAsync(receipt.Container, other, ct))
        {
            throw new NotYetException($"Ticket {receipt.Id} repeats the delivery of ticket {other}, which is not archived yet: it waits for that.");
        }

        Telemetry.Duplicates.Add(1);
        events.Write(EventKind.Duplicate, receipt.Id, $"The same delivery as receipt {other} came again {receipt.Source.Words}; it is counted once.");
    }

    /// <summary>A pointer whose blob is gone was archived if the receipt's row is there.</summary>
    private async Task<Guid?> ArchivedBeforeAsync(ReadOnlyMemory<byte> message, CancellationToken ct) =>
        Ticket.SpoolNameIn(message.Span) is { } name && Ticket.IdIn(name) is { } id && await reader.FindAsync(id, ct) is not null ? id : null;

    /// <summary>The beginning of a digest, for people to compare by eye.</summary>
    private static string Short(Digest digest) => $"{digest.ToString()[..12]}…";

    private static string Summary(Receipt receipt)
    {
        var what = receipt switch
        {
            { Wrapper: not null } => $"a journal report with {receipt.Journal!.Recipients.Length} recipients",
            { Flags.IsEmpty: false } => $"a mail ({string.Join(", ", receipt.Flags.Select(DepotJson.Word))})",
            _ => "a mail",
        };
        var again = receipt.First ? "" : $", one more receipt of the document that came with {receipt.DocumentFirst}";
        return $"Rows are written; archived in {receipt.Container}: {what} \"{receipt.Mail.Subject ?? "(no subject)"}\"{again}.";
    }
}
