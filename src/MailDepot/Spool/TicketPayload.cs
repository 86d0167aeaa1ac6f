using System.IO.Compression;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using MailDepot.Storage;

namespace MailDepot.Spool;

/// <summary>A ticket with its mail, inline or in the spool. The mail is read as a stream, any number of times.</summary>
public sealed class TicketPayload
{
    /// <summary>Mails up to this size stay in memory between two reads; larger ones are streamed again each time.</summary>
    public const int SmallBytes = 1024 * 1024;

    /// <summary>
    /// Bytes of a spool blob that the first request reads: for most mails the whole blob, for larger ones at least the header,
    /// unless it names thousands of recipients.
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

    /// <summary>Reads a queue message; if it is a pointer, the start of the spool blob.</summary>
    /// <exception cref="UnarchivableException">It is not a ticket, or its spool blob is missing.</exception>
    /// <exception cref="NewerTicketException">It is a ticket of a later version.</exception>
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

    /// <summary>Opens the raw mail at its start. A small one is decompressed only once.</summary>
    /// <remarks>If a small mail exceeds its ticket's size, only one extra byte is kept: enough for the hash to be wrong.</remarks>
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
                var bytes = new byte[Ticket.Bytes + 1];
                small = bytes.AsMemory(0, await mail.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct));
            }
        }

        return BinaryData.FromBytes(small.Value).ToStream();
    }

    /// <summary>Opens the mail as the connector compressed it (gzip).</summary>
    public async Task<Stream> OpenCompressedAsync(CancellationToken ct) => blob is null || !inline.IsEmpty
        ? BinaryData.FromBytes(inline).ToStream()
        : (await GetAsync(blob, new HttpRange(offset), ct)).Content;

    /// <summary>Deletes the spool blob, if any.</summary>
    public Task DeleteSpooledAsync(CancellationToken ct) => blob?.DeleteIfExistsAsync(cancellationToken: ct) ?? Task.CompletedTask;

    /// <summary>Reads the start of a blob in ticket format, from the spool or the quarantine; a large mail is read on opening.</summary>
    /// <exception cref="UnarchivableException">It is not a ticket, or the blob is missing.</exception>
    /// <exception cref="NewerTicketException">It is a ticket of a later version.</exception>
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

        throw new UnarchivableException(
            QuarantineReason.TicketUnreadable, $"Spool blob {blob.Name} is not a ticket: it has no header line.");
    }

    private static async Task<BlobDownloadStreamingResult> GetAsync(BlobClient blob, HttpRange range, CancellationToken ct)
    {
        try
        {
            return await blob.DownloadStreamingAsync(new() { Range = range }, ct);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw new UnarchivableException(
                QuarantineReason.SpoolBlobGone, $"Spool blob {blob.Name} is missing, and no receipt shows that its mail was archived.");
        }
    }
}
