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

/// <summary>Turns a ticket into a document, a ledger line and index rows, in the order that survives any crash.</summary>
/// <remarks>
/// Every step may run again, also by two workers at once. Returning means that the message may be completed; an exception
/// means: later again. Tickets that can never be archived go to quarantine from here, for a named reason.
/// </remarks>
public sealed class Archiver(
    DepotStorage storage, ArchiveContainers containers, DocumentStore documents, Successors successors, Deliveries deliveries, ReceiptLedger ledger,
    IndexWriter index, IndexReader reader, Quarantine quarantine, DepotEvents events, TimeProvider clock) : IDisposable
{
    /// <summary>
    /// Mails beyond <see cref="TicketPayload.SmallBytes"/> at work at a time: each takes a buffer of
    /// <see cref="StorageLimits.BlockBytes"/>, so this bounds the memory of all tickets together.
    /// </summary>
    private const int LargeAtOnce = 6;

    /// <summary>What a mail of a bundle waits after its first failure; later ones are its own message's.</summary>
    private static readonly TimeSpan AloneAfter = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim largeTurns = new(LargeAtOnce);

    /// <summary>Archives the mail of one message from the queue; of a bundle all mails, side by side.</summary>
    public Task ArchiveAsync(ReadOnlyMemory<byte> message, CancellationToken ct) => TicketBundle.Unpack(message) is { Count: > 1 } tickets
        ? Task.WhenAll(tickets.Select(ticket => ArchiveOrPutBackAsync(ticket, ct)))
        : ArchiveOneAsync(message, ct);

    /// <inheritdoc />
    public void Dispose() => largeTurns.Dispose();

    /// <summary>A mail that fails waits and is tried by itself from now on: its neighbours in the bundle are not to wait with it.</summary>
    private async Task ArchiveOrPutBackAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct)
    {
        try
        {
            await ArchiveOneAsync(ticket, ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // As at a pump's edge. If this fails too, the whole bundle comes again, and what was archived stays so.
            await storage.ArchiveQueue.SendMessageAsync(BinaryData.FromBytes(ticket), AloneAfter, StorageLimits.NeverExpires, ct);
            events.Write(
                failure is NotYetException ? EventKind.Waiting : EventKind.Failed, Ticket.IdInMessage(ticket.Span),
                $"Not archived yet: {Failure.Describe(failure)}. Tried again in {AloneAfter.TotalSeconds:0} s.");
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
            if (reason.Reason is QuarantineReason.SpoolBlobGone && await DoneBeforeAsync(message, ct) is { } id)
            {
                events.Write(EventKind.Duplicate, id, "The ticket came again after its end; nothing was left to do.");
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
        var (owner, storedBytes) = await documents.PutAsync(receipt.Container, receipt.Document, self, arrival.CompressDocumentAsync, ct);
        receipt = receipt with { Document = receipt.Document with { StoredBytes = storedBytes } };
        events.Write(EventKind.Step, receipt.Id, owner == self
            ? $"Document {Short(receipt.Document.Sha256)} is stored, {ByteSize.Format(receipt.Document.Bytes)}."
            : $"Document {Short(receipt.Document.Sha256)} was there already, from receipt {owner.Receipt}.");

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

        await deliveries.RememberFoldedAsync(receipt.Id, other, ct);
        Telemetry.Duplicates.Add(1);
        events.Write(EventKind.Duplicate, receipt.Id, $"The same delivery as receipt {other} came again {receipt.Source.Description}; it is counted once.");
    }

    /// <summary>The id of a pointer whose blob is gone because its ticket came to an end: archived, folded, or in quarantine already.</summary>
    private async Task<Guid?> DoneBeforeAsync(ReadOnlyMemory<byte> message, CancellationToken ct) =>
        Ticket.SpoolNameIn(message.Span) is { } name && Ticket.IdIn(name) is { } id
            && (await reader.FindAsync(id, ct) is not null || await deliveries.FoldedIntoAsync(id, ct) is not null || await quarantine.ContainsAsync(id, ct)) ? id : null;

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
