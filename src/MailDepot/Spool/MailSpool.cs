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

/// <summary>Takes a mail in: when <see cref="AcceptAsync"/> returns, its ticket is on the queue and the mail is ours to keep.</summary>
/// <remarks>
/// Hash and gzip as it streams; a small mail rides in the queue message, a large one goes to <c>spool</c> in blocks, so
/// memory is one buffer. Small mails that come while others are being put share a message (<see cref="TicketBundle"/>):
/// a mail alone waits for nobody. A failure leaves nothing that counts: blocks never committed, or a spool blob without
/// a ticket, which stays because an answer of the queue that got lost may have been a yes.
/// </remarks>
public sealed class MailSpool
{
    private const int ReadBytes = 64 * 1024;

    /// <summary>Messages on their way to the queue: one as it is, the others full.</summary>
    private const int PutsAtOnce = 8;

    /// <summary>For a put, which takes milliseconds: the mails behind one that hangs would wait for the SDK's 100 s, and their clients with them.</summary>
    private static readonly TimeSpan PutWithin = TimeSpan.FromSeconds(20);

    private readonly DepotStorage storage;
    private readonly DepotEvents events;
    private readonly TimeProvider clock;
    private readonly GroupCommit<string, InlineTicket, bool> puts;

    /// <summary>Over the queue <c>archive</c> and the blobs <c>spool</c>.</summary>
    public MailSpool(DepotStorage storage, DepotEvents events, TimeProvider clock)
    {
        (this.storage, this.events, this.clock) = (storage, events, clock);
        puts = new("tickets", TicketBundle.MaxTickets, TicketBundle.CapacityBytes, ticket => TicketBundle.Weight(ticket.Octets.Length, ticket.MailBytes), PutTogetherAsync, PutsAtOnce);
    }

    /// <summary>Reads the mail to its end, makes it durable, and puts its ticket on the queue <c>archive</c>.</summary>
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
        events.Write(EventKind.Received, ticket.Id, $"{ByteSize.Format(bytes)} {ticket.Source.Description}; the ticket is on the queue{place}.");
        return ticket;
    }

    private async Task<IReadOnlyList<bool>> PutTogetherAsync(string queue, IReadOnlyList<InlineTicket> tickets, CancellationToken ct)
    {
        await PutAsync(tickets is [var alone] ? alone.Octets : TicketBundle.Pack([.. tickets.Select(ticket => ticket.Octets)]), ct);
        return [.. tickets.Select(_ => true)];
    }

    private async Task PutAsync(byte[] message, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(PutWithin, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            await storage.ArchiveQueue.SendMessageAsync(BinaryData.FromBytes(message), timeToLive: StorageLimits.NeverExpires, cancellationToken: ended.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            var slow = new TimeoutException($"the queue took no ticket within {PutWithin.TotalSeconds:0} s", e);
            throw new RequestFailedException(slow.Message, slow);
        }
    }

    /// <summary>Optimal, because Fastest does not shrink base64, and most of a large mail is base64.</summary>
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

    /// <summary>A ticket with its mail, on its way into a message.</summary>
    private sealed record InlineTicket(byte[] Octets, long MailBytes);
}
