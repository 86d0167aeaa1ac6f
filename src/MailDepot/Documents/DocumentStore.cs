using System.Globalization;
using System.IO.Compression;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Documents;

/// <summary>The mails themselves: <c>documents/yyyy-MM/sha256.eml</c>, made once, never written again.</summary>
/// <remarks>
/// <c>message/rfc822</c> with <c>Content-Encoding: gzip</c>: anyone with the account can open the archive without our
/// software. The month is that of arrival, so retention from the blob's creation is right for every receipt.
/// </remarks>
public sealed class DocumentStore(DepotStorage storage)
{
    /// <summary>
    /// Octets up to which a document is surely one put: gzip adds at most 5 octets a 16 KB and 18 in all (RFC 1951
    /// §3.2.4, RFC 1952 §2.3). Beyond, it may go in blocks, which an immutable blob of that name would refuse.
    /// </summary>
    private const int SinglePutBytes = StorageLimits.BlockBytes - (64 * 1024);

    private const string ReceiptKey = "receipt";
    private const string DeliveryKeyKey = "delivery";

    private static readonly BlobHttpHeaders Headers = new() { ContentType = "message/rfc822", ContentEncoding = "gzip" };

    /// <summary>Where a document of this month belongs.</summary>
    public static string Path(DateTimeOffset received, Digest sha256) =>
        string.Create(CultureInfo.InvariantCulture, $"{Month(received)}{sha256}.eml");

    /// <summary>What the names of all documents of a month begin with.</summary>
    public static string Month(DateTimeOffset received) => string.Create(CultureInfo.InvariantCulture, $"documents/{received.UtcDateTime:yyyy-MM}/");

    /// <summary>Puts a document unless it is there: that is the duplicate detector.</summary>
    /// <param name="container">The archive container's name.</param>
    /// <param name="document">Path, digest and size.</param>
    /// <param name="owner">Who brings it.</param>
    /// <param name="fill">Writes the compressed document; not called if it is known to be there.</param>
    /// <param name="ct">Stops; nothing is left that counts.</param>
    /// <returns>Who brought the document, <paramref name="owner"/> itself or the one before it, and the octets it takes.</returns>
    public async Task<StoredDocument> PutAsync(
        string container, DocumentPlace document, DocumentOwner owner, Func<Stream, CancellationToken, Task> fill, CancellationToken ct)
    {
        var blob = storage.Archive(container).GetBlockBlobClient(document.Path);

        // A small one is simply put; a large one is worth the question before it travels.
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
            : await StoredAsync(blob, ct) ?? throw new InvalidOperationException($"The document {document.Path} was there and is not: it is tried again.");
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

    /// <summary>Who brought a document, by its metadata.</summary>
    internal static DocumentOwner Owner(IDictionary<string, string> metadata) =>
        metadata.TryGetValue(ReceiptKey, out var receipt) && Guid.TryParseExact(receipt, "D", out var id)
        && metadata.TryGetValue(DeliveryKeyKey, out var delivery) && Digest.TryParse(delivery, out var key)
            ? new DocumentOwner(id, key)
            : new DocumentOwner(Guid.Empty, default);
}

/// <summary>Who brought a document: its metadata. Empty for one that was put there by other hands.</summary>
/// <param name="Receipt">The first receipt's id.</param>
/// <param name="DeliveryKey">The first receipt's delivery key.</param>
public sealed record DocumentOwner(Guid Receipt, Digest DeliveryKey);

/// <summary>A document that is there.</summary>
/// <param name="Owner">Who brought it.</param>
/// <param name="Bytes">Octets of its blob, compressed. Every attempt of every ticket reads the same.</param>
public sealed record StoredDocument(DocumentOwner Owner, long Bytes);
