using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Base;
using MailDepot.Events;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>Accepts mails: when <see cref="AcceptAsync"/> returns, the mail is durable and its ticket is on the queue.</summary>
/// <remarks>
/// Mails are hashed and compressed as they stream in. A small one travels in the queue message; a large one goes to
/// <c>spool</c> in blocks, so memory is one buffer. Small mails that arrive while others are being sent to the queue share a
/// message (<see cref="TicketBundle"/>); a single mail never waits. A failure leaves nothing that counts: uncommitted blocks,
/// or a spool blob without a ticket, which is kept because a lost response from the queue may have been a success.
/// </remarks>
public sealed class MailSpool
{
    private const int ReadBytes = 64 * 1024;

    /// <summary>Messages in flight to the queue: one of any size, the others full.</summary>
    private const int PutsAtOnce = 8;

    /// <summary>
    /// A put takes milliseconds. Without this limit, mails and clients behind one that hangs would wait for the SDK's 100 s.
    /// </summary>
    private static readonly TimeSpan PutTimeout = TimeSpan.FromSeconds(20);

    private readonly DepotStorage storage;
    private readonly DepotEvents events;
    private readonly TimeProvider clock;
    private readonly GroupCommit<string, InlineTicket, bool> puts;

    /// <summary>Uses the queue <c>archive</c> and the container <c>spool</c>.</summary>
    public MailSpool(DepotStorage storage, DepotEvents events, TimeProvider clock)
    {
        (this.storage, this.events, this.clock) = (storage, events, clock);
        puts = new(
            "tickets", TicketBundle.MaxTickets, TicketBundle.CapacityBytes,
            ticket => TicketBundle.Weight(ticket.Bytes.Length, ticket.MailBytes), PutBundleAsync, PutsAtOnce);
    }

    /// <summary>Reads the mail to its end, stores it, and puts its ticket on the queue <c>archive</c>.</summary>
    public async Task<Ticket> AcceptAsync(MailSource source, Stream mail, CancellationToken ct)
    {
        using var activity = Telemetry.StartMail();
        var received = clock.GetUtcNow();
        var draft = new Ticket(Guid.CreateVersion7(received), source, received, 0, default, activity?.Id);

        await using var blob = new StagedBlobStream(storage.Spool.GetBlockBlobClient(draft.SpoolName));
        var (bytes, sha256) = await CompressAsync(mail, blob, ct);
        var ticket = draft with { Bytes = bytes, Sha256 = sha256 };
        var line = ticket.Line();

        var place = "";
        if (blob.Whole is { } payload && line.Length + payload.Length <= StorageLimits.QueueMessageBytes - StorageLimits.RescueMarkRoom)
        {
            await puts.CommitAsync(QueueNames.Archive, new([.. line, .. payload.Span], bytes), ct);
        }
        else
        {
            await blob.CommitAsync(line, null, null, ct);
            await PutAsync(ticket.ToPointer(), ct);
            place = ", the mail in the spool";
        }

        var connector = new KeyValuePair<string, object?>("connector", source.Connector);
        Telemetry.Received.Add(1, connector);
        Telemetry.ReceivedBytes.Add(bytes, connector);
        events.Write(
            EventKind.Received, ticket.Id, $"{ByteSize.Format(bytes)} {ticket.Source.Description}; the ticket is on the queue{place}.");
        return ticket;
    }

    private async Task<IReadOnlyList<bool>> PutBundleAsync(string queue, IReadOnlyList<InlineTicket> tickets, CancellationToken ct)
    {
        await PutAsync(tickets is [var only] ? only.Bytes : TicketBundle.Pack([.. tickets.Select(ticket => ticket.Bytes)]), ct);
        return [.. tickets.Select(_ => true)];
    }

    private async Task PutAsync(byte[] message, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(PutTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            await storage.ArchiveQueue.SendMessageAsync(
                BinaryData.FromBytes(message), timeToLive: StorageLimits.NeverExpires, cancellationToken: linked.Token);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            var slow = new TimeoutException($"the queue accepted no ticket within {PutTimeout.TotalSeconds:0} s", e);
            throw new RequestFailedException(slow.Message, slow);
        }
    }

    /// <summary>Optimal, because Fastest does not compress base64, and most of a large mail is base64.</summary>
    private static async Task<(long Bytes, Digest Sha256)> CompressAsync(Stream mail, StagedBlobStream blob, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        long bytes = 0;
        try
        {
            await using var gzip = new GZipStream(blob, CompressionLevel.Optimal, leaveOpen: true);
            for (int count; (count = await mail.ReadAsync(buffer, ct)) > 0; bytes += count)
            {
                hash.AppendData(buffer, 0, count);
                await gzip.WriteAsync(buffer.AsMemory(0, count), ct);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (bytes == 0)
        {
            await blob.WriteAsync(Gzip.Empty, ct);
        }

        return (bytes, Digest.FromHash(hash.GetHashAndReset()));
    }

    /// <summary>A ticket with its mail, waiting to be sent in a message.</summary>
    private sealed record InlineTicket(byte[] Bytes, long MailBytes);
}
