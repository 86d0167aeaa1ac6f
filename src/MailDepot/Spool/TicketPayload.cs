using System.IO.Compression;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>A ticket with its mail, inline or in the spool. The mail can be read more than once, as a stream.</summary>
public sealed class TicketPayload
{
    /// <summary>Octets of a mail that is kept in memory between two readings; a larger one is read as a stream each time.</summary>
    public const int SmallBytes = 1024 * 1024;

    /// <summary>
    /// Octets of a spool blob that are read at first: the whole blob of most mails, in one request; of a larger one the
    /// header, which is asked for again only where it names thousands of recipients.
    /// </summary>
    private const int FirstBytes = 256 * 1024;

    private readonly ReadOnlyMemory<byte> inline;
    private readonly BlobClient? blob;
    private readonly long offset;
    private ReadOnlyMemory<byte>? small;

    private TicketPayload(Ticket ticket, ReadOnlyMemory<byte> inline, BlobClient? blob, long offset) =>
        (Ticket, this.inline, this.blob, this.offset) = (ticket, inline, blob, offset);

    /// <summary>The header.</summary>
    public Ticket Ticket { get; }

    /// <summary>Reads a queue message; of a pointer, the spool blob's first line.</summary>
    /// <exception cref="UnarchivableException">It is no ticket, or its spool blob is gone.</exception>
    /// <exception cref="NewerTicketException">It is one of a later version.</exception>
    public static async Task<TicketPayload> ReadAsync(ReadOnlyMemory<byte> message, DepotStorage storage, CancellationToken ct)
    {
        if (Ticket.SpoolNameIn(message.Span) is { } name)
        {
            return await ReadBlobAsync(storage.Spool.GetBlobClient(name), ct);
        }

        var end = message.Span.IndexOf((byte)'\n');
        return end < 0
            ? new(Ticket.Read(message.Span), ReadOnlyMemory<byte>.Empty, null, 0)
            : new(Ticket.Read(message.Span[..end]), message[(end + 1)..], null, 0);
    }

    /// <summary>The mail, raw, from its start. A small one is decompressed once.</summary>
    /// <remarks>What a small one has beyond its ticket's size is cut after one octet: enough for its hash to be wrong.</remarks>
    public async Task<Stream> OpenAsync(CancellationToken ct)
    {
        if (small is null)
        {
            var mail = new GZipStream(await OpenCompressedAsync(ct), CompressionMode.Decompress);
            if (Ticket.Bytes is < 0 or > SmallBytes)
            {
                return mail;
            }

            await using (mail)
            {
                var octets = new byte[Ticket.Bytes + 1];
                small = octets.AsMemory(0, await mail.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false, ct));
            }
        }

        return BinaryData.FromBytes(small.Value).ToStream();
    }

    /// <summary>The mail as the connector compressed it (gzip), from its start.</summary>
    public async Task<Stream> OpenCompressedAsync(CancellationToken ct) => blob is null || !inline.IsEmpty
        ? BinaryData.FromBytes(inline).ToStream()
        : (await GetAsync(blob, new HttpRange(offset), ct)).Content;

    /// <summary>Removes the spool blob, if there is one and it is still there.</summary>
    public Task DeleteSpooledAsync(CancellationToken ct) => blob?.DeleteIfExistsAsync(cancellationToken: ct) ?? Task.CompletedTask;

    /// <summary>Reads a blob in a ticket's format: the spool's, and the quarantine's. The header line and what comes with it; of a large mail the rest stays where it is until it is opened.</summary>
    /// <exception cref="UnarchivableException">It is no ticket, or it is gone.</exception>
    /// <exception cref="NewerTicketException">It is one of a later version.</exception>
    internal static async Task<TicketPayload> ReadBlobAsync(BlobClient blob, CancellationToken ct)
    {
        for (var length = FirstBytes; length <= Ticket.MaxLineBytes; length *= 4)
        {
            using var answer = await GetAsync(blob, new HttpRange(0, length), ct);
            var start = new byte[answer.Details.ContentLength];
            await answer.Content.ReadExactlyAsync(start, ct);
            if (start.AsSpan().IndexOf((byte)'\n') is var end and >= 0)
            {
                var payload = start.Length < length ? start.AsMemory(end + 1) : default;
                return new(Ticket.Read(start.AsSpan(0, end)), payload, blob, end + 1);
            }
        }

        throw new UnarchivableException(QuarantineReason.TicketUnreadable, $"The spool blob {blob.Name} is no ticket: it has no header line.");
    }

    private static async Task<BlobDownloadStreamingResult> GetAsync(BlobClient blob, HttpRange range, CancellationToken ct)
    {
        try
        {
            return await blob.DownloadStreamingAsync(new() { Range = range }, ct);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw new UnarchivableException(QuarantineReason.SpoolBlobGone, $"The spool blob {blob.Name} is gone, and no receipt tells that its mail was archived.");
        }
    }
}
