using System.Security.Cryptography;

using MimeKit;
using MimeKit.Encodings;

namespace MailDepot.Mail;

/// <summary>The content of a part as it streams by: transfer decoding undone, counted and hashed, never held.</summary>
/// <remarks>
/// The parser hands out a part's octets with the line end before the next delimiter, which is not content
/// (RFC 2046 §5.1.1), and tells the true length only afterwards: so the last two octets always wait.
/// </remarks>
internal sealed class AttachmentContent(ContentEncoding encoding) : IDisposable
{
    /// <summary>Octets of a CRLF.</summary>
    private const int LineEnd = 2;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] waiting = new byte[LineEnd];
    private readonly IMimeDecoder? decoder = encoding switch
    {
        ContentEncoding.Base64 => new Base64Decoder(),
        ContentEncoding.QuotedPrintable => new QuotedPrintableDecoder(),
        ContentEncoding.UUEncode => new UUDecoder(),
        _ => null,
    };

    private int waitingCount;
    private long taken;
    private byte[] decoded = [];

    /// <summary>Decoded octets so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The next octets of the part, still encoded.</summary>
    public void Feed(byte[] octets, int start, int count)
    {
        var release = Math.Max(0, waitingCount + count - LineEnd);
        var old = Math.Min(waitingCount, release);
        Take(waiting, 0, old);
        waiting.AsSpan(old, waitingCount - old).CopyTo(waiting);
        waitingCount -= old;

        var fresh = release - old;
        Take(octets, start, fresh);
        octets.AsSpan(start + fresh, count - fresh).CopyTo(waiting.AsSpan(waitingCount));
        waitingCount += count - fresh;
    }

    /// <summary>The part is over; <paramref name="length"/> is that of its content, encoded, without the delimiter's line end.</summary>
    public void End(long length) => Take(waiting, 0, (int)Math.Clamp(length - taken, 0, waitingCount));

    /// <summary>Of the decoded octets; once, after <see cref="End"/>.</summary>
    public Digest Finish() => Digest.FromHash(hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();

    private void Take(byte[] octets, int start, int count)
    {
        taken += count;
        if (decoder is null)
        {
            hash.AppendData(octets, start, count);
            Bytes += count;
            return;
        }

        var room = decoder.EstimateOutputLength(count);
        if (decoded.Length < room)
        {
            decoded = new byte[room];
        }

        var length = decoder.Decode(octets, start, count, decoded);
        hash.AppendData(decoded, 0, length);
        Bytes += length;
    }
}
