using MailDepot.Mail;

namespace MailDepot.Documents;

/// <summary>Where a document is.</summary>
/// <param name="Path">Blob name in the archive container: <c>documents/yyyy-MM/sha256.eml</c>.</param>
/// <param name="Sha256">SHA-256 of the uncompressed message.</param>
/// <param name="Bytes">Size of the uncompressed message.</param>
public sealed record DocumentPlace(string Path, Digest Sha256, long Bytes)
{
    /// <summary>
    /// Size of the blob, compressed; known once it is stored. If the blob already existed, this is read from it, so that every
    /// attempt writes the same ledger line even if another build compresses differently.
    /// </summary>
    public long StoredBytes { get; init; }
}
