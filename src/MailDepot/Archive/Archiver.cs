using System.Diagnostics;
using MailDepot.Base;
using MailDepot.Documents;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Turns a ticket into a document, a ledger line and index rows, in an order that survives any crash.</summary>
/// <remarks>
/// Every step may run again, even in two workers at the same time. When archiving returns, the message may be completed; if it
/// throws, the message is retried later. Tickets that can never be archived go to quarantine, with the reason.
/// </remarks>
public sealed class Archiver(
    DepotStorage storage, FindDestination destinationOf, DocumentStore documents, Successors successors, Deliveries deliveries,
    ReceiptLedger ledger, IndexWriter index, IndexReader reader, Quarantine quarantine, DepotEvents events, TimeProvider clock)
    : IDisposable
{
    /// <summary>
    /// Mails over <see cref="TicketPayload.SmallBytes"/> in progress at a time: each takes a buffer of
    /// <see cref="StorageLimits.BlockBytes"/>, so this bounds the memory of all tickets together.
    /// </summary>
    private const int LargeAtOnce = 6;

    /// <summary>Delay of a bundled mail after its first failure; from then on it has its own message.</summary>
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim largeSlots = new(LargeAtOnce);

    /// <summary>Archives the mail of one queue message; the mails of a bundle in parallel.</summary>
    public Task ArchiveAsync(ReadOnlyMemory<byte> message, CancellationToken ct) => TicketBundle.Unpack(message) is { Count: > 1 } tickets
        ? Task.WhenAll(tickets.Select(ticket => ArchiveOrPutBackAsync(ticket, ct)))
        : ArchiveOneAsync(message, ct);

    /// <inheritdoc />
    public void Dispose() => largeSlots.Dispose();

    /// <summary>A mail that fails gets its own message, so that the others in the bundle do not wait for it.</summary>
    private async Task ArchiveOrPutBackAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct)
    {
        try
        {
            await ArchiveOneAsync(ticket, ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // Catches everything, as a pump does. If this fails too, the whole bundle is retried; what was archived stays archived.
            await storage.ArchiveQueue.SendMessageAsync(BinaryData.FromBytes(ticket), FirstRetryDelay, StorageLimits.NeverExpires, ct);
            events.WriteAttempt(
                Ticket.IdInMessage(ticket.Span), "Not archived yet", failure, $"Next attempt in {FirstRetryDelay.TotalSeconds:0} s");
        }
    }

    private async Task ArchiveOneAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        TicketPayload? payload = null;
        try
        {
            payload = await TicketPayload.ReadAsync(message, storage, ct);
            await ArchiveAsync(payload, ct);
        }
        catch (UnarchivableException reason)
        {
            if (reason.Reason is QuarantineReason.SpoolBlobGone && await FindDoneAsync(message, ct) is { } id)
            {
                events.Write(EventKind.Duplicate, id, "The ticket was delivered again after it was done; there was nothing left to do.");
                return;
            }

            await quarantine.PutAsync(message, payload, reason, ct);
        }
    }

    private async Task ArchiveAsync(TicketPayload payload, CancellationToken ct)
    {
        var ticket = payload.Ticket;
        using var activity = Telemetry.Source.StartActivity("archive", ActivityKind.Consumer, ticket.Trace);
        var started = clock.GetTimestamp();
        var large = ticket.Bytes > TicketPayload.SmallBytes;
        if (large)
        {
            await largeSlots.WaitAsync(ct);
        }

        try
        {
            var arrival = await Arrival.ReadAsync(payload, destinationOf(ticket.Source), ct);
            await ArchiveAsync(arrival, ct);
            await payload.DeleteSpooledAsync(ct);
        }
        finally
        {
            if (large)
            {
                largeSlots.Release();
            }
        }

        Telemetry.ArchiveDuration.Record(clock.GetElapsedTime(started).TotalSeconds);
    }

    private async Task ArchiveAsync(Arrival arrival, CancellationToken ct)
    {
        var receipt = arrival.Receipt;
        var self = new DocumentOwner(receipt.Id, receipt.DeliveryKey);
        var (owner, storedBytes) = await documents.PutAsync(receipt.Container, receipt.Document, self, arrival.CompressDocumentAsync, ct);
        receipt = receipt with { Document = receipt.Document with { StoredBytes = storedBytes } };
        events.Write(EventKind.Step, receipt.Id, owner == self
            ? $"Document {Short(receipt.Document.Sha256)} stored, {ByteSize.Format(receipt.Document.Bytes)}."
            : $"Document {Short(receipt.Document.Sha256)} was already there, stored with receipt {owner.Receipt}.");

        if (owner.Receipt != receipt.Id)
        {
            (owner, receipt) = await successors.OwnerAsync(owner, receipt, ct);
        }

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
        events.Write(EventKind.Step, receipt.Id, $"Ledger line written, {place.Length} bytes.");
        var put = await index.AddAsync(receipt, place, ct);
        if (put is Put.Created)
        {
            Telemetry.Archived.Add(1);
        }

        events.Write(EventKind.Archived, receipt.Id, Summary(receipt));
    }

    /// <summary>The earlier receipt of this same delivery; null if this ticket is the first.</summary>
    private async Task<Guid?> SameDeliveryAsync(Receipt receipt, DocumentOwner owner, CancellationToken ct)
    {
        var first = owner.DeliveryKey == receipt.DeliveryKey
            ? owner.Receipt
            : await deliveries.ClaimAsync(receipt.Container, receipt.Document.Path, receipt.DeliveryKey, receipt.Id, ct);
        return first == receipt.Id ? null : first;
    }

    /// <summary>Ends a repeated delivery, but only once the other receipt's row exists: its worker may have died halfway.</summary>
    private async Task FoldAsync(Receipt receipt, Guid other, CancellationToken ct)
    {
        if (!await reader.HasReceiptAsync(receipt.Container, other, ct))
        {
            throw new NotYetException($"the same delivery as {other}, which is not archived yet.");
        }

        await deliveries.RememberFoldedAsync(receipt.Id, other, ct);
        Telemetry.Duplicates.Add(1);
        events.Write(
            EventKind.Duplicate, receipt.Id,
            $"The same delivery as receipt {other} arrived again {receipt.Source.Description}; it is counted once.");
    }

    /// <summary>The ticket's id if its spool blob is missing because it is done: archived, folded, or already in quarantine.</summary>
    private async Task<Guid?> FindDoneAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        if (Ticket.SpoolNameIn(message.Span) is not { } name || Ticket.IdIn(name) is not { } id)
        {
            return null;
        }

        var isDone = await reader.FindAsync(id, ct) is not null
            || await deliveries.FoldedIntoAsync(id, ct) is not null
            || await quarantine.ContainsAsync(id, ct);
        return isDone ? id : null;
    }

    /// <summary>The first digits of a digest, for people to compare.</summary>
    private static string Short(Digest digest) => $"{digest.ToString()[..12]}…";

    private static string Summary(Receipt receipt)
    {
        var what = receipt switch
        {
            { Wrapper: not null } => $"a journal report with {receipt.Journal!.Recipients.Length} recipients",
            { Flags.IsEmpty: false } => $"a mail ({string.Join(", ", receipt.Flags.Select(DepotJson.Word))})",
            _ => "a mail",
        };
        var again = receipt.First ? "" : $", another receipt of the document that came with {receipt.DocumentFirst}";
        return $"Rows written; archived in {receipt.Container}: {what} \"{receipt.Mail.Subject ?? "(no subject)"}\"{again}.";
    }
}
