using System.Globalization;
using System.IO.Compression;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Documents;

/// <summary>The mails themselves: <c>documents/yyyy-MM/sha256.eml</c>, created once, never written again.</summary>
/// <remarks>
/// <c>message/rfc822</c> with <c>Content-Encoding: gzip</c>: anyone with access to the account can open the archive without our
/// software. The month is that of arrival, so retention counted from the blob's creation is right for every receipt.
/// </remarks>
public sealed class DocumentStore(DepotStorage storage)
{
    /// <summary>
    /// A document up to this size always fits a single put: gzip adds at most 5 bytes per 16 KB, plus 18 (RFC 1951 §3.2.4, RFC 1952
    /// §2.3). A larger one may go in blocks, which an immutable blob of that name would refuse.
    /// </summary>
    private const int SinglePutBytes = StorageLimits.BlockBytes - (64 * 1024);

    private const string ReceiptKey = "receipt";
    private const string DeliveryKeyKey = "delivery";

    private static readonly BlobHttpHeaders Headers = new() { ContentType = "message/rfc822", ContentEncoding = "gzip" };

    /// <summary>The path of a document that arrived in this month.</summary>
    public static string Path(DateTimeOffset received, Digest sha256) =>
        string.Create(CultureInfo.InvariantCulture, $"{Month(received)}{sha256}.eml");

    /// <summary>The common prefix of all documents of a month.</summary>
    public static string Month(DateTimeOffset received) =>
        string.Create(CultureInfo.InvariantCulture, $"documents/{received.UtcDateTime:yyyy-MM}/");

    /// <summary>Stores a document unless it already exists: this is the duplicate detector.</summary>
    /// <param name="container">The archive container's name.</param>
    /// <param name="document">Path, digest and size.</param>
    /// <param name="owner">The receipt that brings it.</param>
    /// <param name="fill">Writes the compressed document; not called if it is known to exist.</param>
    /// <param name="ct">If cancelled, nothing that counts is left behind.</param>
    /// <returns>The document's owner, <paramref name="owner"/> or an earlier one, and its stored size.</returns>
    public async Task<StoredDocument> PutAsync(
        string container, DocumentPlace document, DocumentOwner owner, Func<Stream, CancellationToken, Task> fill, CancellationToken ct)
    {
        var blob = storage.Archive(container).GetBlockBlobClient(document.Path);

        // A small document is simply sent; for a large one it pays to ask first.
        if (document.Bytes > SinglePutBytes && await StoredAsync(blob, ct) is { } before)
        {
            return before;
        }

        await using var content = new StagedBlobStream(blob);
        await fill(content, ct);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [ReceiptKey] = owner.Receipt.ToString("D"),
            [DeliveryKeyKey] = owner.DeliveryKey.ToString(),
        };
        return await content.CommitAsync(default, Headers, metadata, ct) is Put.Created
            ? new StoredDocument(owner, content.Length)
            : await StoredAsync(blob, ct)
                ?? throw new InvalidOperationException($"Document {document.Path} was there and is gone; the ticket will be retried.");
    }

    /// <summary>Opens a document, decompressed.</summary>
    public async Task<Stream> OpenAsync(string container, string path, CancellationToken ct)
    {
        var answer = await storage.Archive(container).GetBlobClient(path).DownloadStreamingAsync(cancellationToken: ct);
        return new GZipStream(answer.Value.Content, CompressionMode.Decompress);
    }

    private static async Task<StoredDocument?> StoredAsync(BlockBlobClient blob, CancellationToken ct)
    {
        try
        {
            var properties = (await blob.GetPropertiesAsync(cancellationToken: ct)).Value;
            return new StoredDocument(Owner(properties.Metadata), properties.ContentLength);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Reads a document's owner from its metadata.</summary>
    internal static DocumentOwner Owner(IDictionary<string, string> metadata) =>
        metadata.TryGetValue(ReceiptKey, out var receipt) && Guid.TryParseExact(receipt, "D", out var id)
        && metadata.TryGetValue(DeliveryKeyKey, out var delivery) && Digest.TryParse(delivery, out var key)
            ? new DocumentOwner(id, key)
            : new DocumentOwner(Guid.Empty, default);
}

/// <summary>The receipt that brought a document, from its metadata. Empty if the document was not stored by us.</summary>
/// <param name="Receipt">The first receipt's id.</param>
/// <param name="DeliveryKey">The first receipt's delivery key.</param>
public sealed record DocumentOwner(Guid Receipt, Digest DeliveryKey);

/// <summary>A document in storage.</summary>
/// <param name="Owner">The receipt that brought it.</param>
/// <param name="Bytes">Size of the blob, compressed; the same for every attempt of every ticket.</param>
public sealed record StoredDocument(DocumentOwner Owner, long Bytes);
