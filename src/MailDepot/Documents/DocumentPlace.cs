using MailDepot.Mail;

namespace MailDepot.Documents;

/// <summary>Where a document is.</summary>
/// <param name="Path">Blob name in the archive container: <c>documents/yyyy-MM/sha256.eml</c>.</param>
/// <param name="Sha256">Of the message, not compressed.</param>
/// <param name="Bytes">Octets of the message, not compressed.</param>
public sealed record DocumentPlace(string Path, Digest Sha256, long Bytes)
{
    /// <summary>
    /// Octets of its blob, compressed; known once it is put. Read back from the blob where it was there already, so
    /// that every attempt writes the same line even when another build compresses otherwise.
    /// </summary>
    public long StoredBytes { get; init; }
}
