using System.Security.Cryptography;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>A part's content as it streams by: decodes, counts and hashes it, and holds its first bytes in memory.</summary>
/// <remarks>
/// The parser passes on a part's bytes with the line end before the next delimiter, which is not content (RFC 2046 §5.1.1),
/// and reports the true length only afterwards: so the last two bytes are always held back.
/// </remarks>
/// <param name="encoding">The transfer encoding.</param>
/// <param name="isHashed">The hash is needed.</param>
/// <param name="hold">First bytes to hold; more for TNEF, which is unpacked (<see cref="TnefContent.MaxBytes"/>).</param>
internal sealed class PartContent(ContentEncoding encoding, bool isHashed, int hold) : IDisposable
{
    /// <summary>Bytes of a CRLF.</summary>
    private const int LineEnd = 2;

    private readonly IncrementalHash? hash = isHashed ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    private readonly byte[] waiting = new byte[LineEnd];
    private readonly TransferDecoder? decoder = TransferDecoder.For(encoding);
    private int waitingCount;
    private long taken;
    private byte[] decoded = [];
    private byte[] held = [];
    private int heldCount;
    private int limit = hold;

    /// <summary>The hash is needed.</summary>
    public bool IsHashed => isHashed;

    /// <summary>The file name, if the part is a file.</summary>
    public string? Name { get; init; }

    /// <summary>Its index among the attachments of its message, before those found inside it.</summary>
    public int Place { get; init; }

    /// <summary>Reads the mail or signed part that the file may contain.</summary>
    public InnerWalk? Inside { get; init; }

    /// <summary>Extracts uuencoded files from a text.</summary>
    public UuText? Files { get; private set; }

    /// <summary>Decoded bytes so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The bytes may be wrong (<see cref="TransferDecoder.IsUncertain"/>). Known after <see cref="End"/>.</summary>
    public bool IsUncertain { get; private set; }

    /// <summary>The first decoded bytes; of a text, without the files in it.</summary>
    public ReadOnlyMemory<byte> Held => held.AsMemory(0, heldCount);

    /// <summary>The content is longer than what is held.</summary>
    public bool IsHeldCut { get; private set; }

    /// <summary><see cref="PumpAsync"/> has work to do.</summary>
    public bool NeedsPump => Inside is { NeedsPump: true } || Files is { NeedsPump: true };

    /// <summary>Starts to look for uuencoded files.</summary>
    /// <param name="open">As in <see cref="UuText"/>.</param>
    public void FindFiles(Func<ReadOnlyMemory<byte>, PartContent?> open) => Files = new UuText(Hold, open);

    /// <summary>Takes the next bytes of the part, still encoded.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        var release = Math.Max(0, waitingCount + bytes.Length - LineEnd);
        var old = Math.Min(waitingCount, release);
        Take(waiting.AsSpan(0, old));
        waiting.AsSpan(old, waitingCount - old).CopyTo(waiting);
        waitingCount -= old;

        var fresh = release - old;
        Take(bytes[..fresh]);
        bytes[fresh..].CopyTo(waiting.AsSpan(waitingCount));
        waitingCount += bytes.Length - fresh;
    }

    /// <summary>The part has ended.</summary>
    /// <param name="length">
    /// Bytes of its content, encoded, without the delimiter's line end; <see cref="long.MaxValue"/> if everything fed is content.
    /// </param>
    /// <param name="isCutOff">The mail ends inside its multipart: the mail is flagged for that, so the part is not.</param>
    public void End(long length, bool isCutOff)
    {
        Take(waiting.AsSpan(0, (int)Math.Clamp(length - taken, 0, waitingCount)));
        if (decoder is not null)
        {
            Keep(Room(0)[..decoder.End(decoded)]);
        }

        Files?.End();
        Inside?.End();
        IsUncertain = !isCutOff && (decoder is { IsUncertain: true } || Inside is { IsUncertain: true });
    }

    /// <summary>Lets the readers of nested content process what has arrived; after <see cref="End"/>, to its end.</summary>
    public async Task PumpAsync()
    {
        if (Inside is { NeedsPump: true })
        {
            await Inside.PumpAsync();
        }

        if (Files is { NeedsPump: true })
        {
            await Files.PumpAsync();
        }
    }

    /// <summary>The hash of the decoded bytes; call once, after <see cref="End"/>.</summary>
    public Digest Finish() => Digest.FromHash(hash!.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose()
    {
        hash?.Dispose();
        Inside?.Dispose();
        Files?.Dispose();
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        taken += bytes.Length;
        if (decoder is null)
        {
            Keep(bytes);
        }
        else if (!bytes.IsEmpty)
        {
            Keep(Room(bytes.Length)[..decoder.Decode(bytes, decoded)]);
        }
    }

    private Span<byte> Room(int length)
    {
        var room = decoder!.MaxDecoded(length);
        if (decoded.Length < room)
        {
            decoded = new byte[room];
        }

        return decoded;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        hash?.AppendData(bytes);
        Bytes += bytes.Length;
        Inside?.Feed(bytes);
        if (Files is null)
        {
            Hold(bytes);
        }
        else
        {
            Files.Feed(bytes);
        }
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        while (heldCount < limit && !bytes.IsEmpty)
        {
            // First the signature: of TNEF more is held.
            var goal = heldCount < TnefContent.SignatureBytes ? Math.Min(limit, TnefContent.SignatureBytes) : limit;
            var next = bytes[..Math.Min(bytes.Length, goal - heldCount)];
            if (heldCount + next.Length > held.Length)
            {
                Array.Resize(ref held, Math.Min(limit, Math.Max(heldCount + next.Length, 2 * held.Length)));
            }

            next.CopyTo(held.AsSpan(heldCount));
            heldCount += next.Length;
            bytes = bytes[next.Length..];
            if (isHashed && heldCount == TnefContent.SignatureBytes && TnefContent.Is(held))
            {
                limit = TnefContent.MaxBytes;
            }
        }

        IsHeldCut |= !bytes.IsEmpty;
    }
}
