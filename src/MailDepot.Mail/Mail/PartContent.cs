using System.Security.Cryptography;

using MimeKit;

namespace MailDepot.Mail;

/// <summary>The content of a part as it streams by: transfer decoding undone, counted and hashed; of it only a beginning is held.</summary>
/// <remarks>
/// The parser hands out a part's octets with the line end before the next delimiter, which is not content
/// (RFC 2046 §5.1.1), and tells the true length only afterwards: so the last two octets always wait.
/// </remarks>
/// <param name="encoding">The transfer encoding.</param>
/// <param name="isHashed">Its hash will be asked for.</param>
/// <param name="hold">Octets to hold of the beginning; of TNEF more, for it is unpacked (<see cref="TnefContent.MaxBytes"/>).</param>
internal sealed class PartContent(ContentEncoding encoding, bool isHashed, int hold) : IDisposable
{
    /// <summary>Octets of a CRLF.</summary>
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

    /// <summary>Its hash will be asked for.</summary>
    public bool IsHashed => isHashed;

    /// <summary>Its file name, where it is a file.</summary>
    public string? Name { get; init; }

    /// <summary>Among the attachments of its message: before those that are found in it.</summary>
    public int Place { get; init; }

    /// <summary>Reads the mail or the signed part that the file may be.</summary>
    public InnerWalk? Inside { get; init; }

    /// <summary>Takes uuencoded files out of a text.</summary>
    public UuText? Files { get; private set; }

    /// <summary>Decoded octets so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Its bytes are in doubt (<see cref="TransferDecoder.IsUncertain"/>). Known after <see cref="End"/>.</summary>
    public bool IsUncertain { get; private set; }

    /// <summary>The beginning of the decoded octets; of a text, without the files in it.</summary>
    public ReadOnlyMemory<byte> Held => held.AsMemory(0, heldCount);

    /// <summary>There was more than is held.</summary>
    public bool IsHeldCut { get; private set; }

    /// <summary><see cref="PumpAsync"/> has something to do.</summary>
    public bool NeedsPump => Inside is { NeedsPump: true } || Files is { NeedsPump: true };

    /// <summary>Looks for uuencoded files from now on.</summary>
    /// <param name="open">As in <see cref="UuText"/>.</param>
    public void FindFiles(Func<ReadOnlyMemory<byte>, PartContent?> open) => Files = new UuText(Hold, open);

    /// <summary>The next octets of the part, still encoded.</summary>
    public void Feed(ReadOnlySpan<byte> octets)
    {
        var release = Math.Max(0, waitingCount + octets.Length - LineEnd);
        var old = Math.Min(waitingCount, release);
        Take(waiting.AsSpan(0, old));
        waiting.AsSpan(old, waitingCount - old).CopyTo(waiting);
        waitingCount -= old;

        var fresh = release - old;
        Take(octets[..fresh]);
        octets[fresh..].CopyTo(waiting.AsSpan(waitingCount));
        waitingCount += octets.Length - fresh;
    }

    /// <summary>The part is over; <paramref name="length"/> is that of its content, encoded, without the delimiter's line end.</summary>
    /// <param name="length">In octets; <see cref="long.MaxValue"/> if all that came is content.</param>
    /// <param name="isCutOff">It ends with the mail, where its multipart should go on: the mail is flagged for that, so the part is not.</param>
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

    /// <summary>Lets what is inside be read as far as it came; after <see cref="End"/>, to its end.</summary>
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

    /// <summary>Of the decoded octets; once, after <see cref="End"/>.</summary>
    public Digest Finish() => Digest.FromHash(hash!.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose()
    {
        hash?.Dispose();
        Inside?.Dispose();
        Files?.Dispose();
    }

    private void Take(ReadOnlySpan<byte> octets)
    {
        taken += octets.Length;
        if (decoder is null)
        {
            Keep(octets);
        }
        else if (!octets.IsEmpty)
        {
            Keep(Room(octets.Length)[..decoder.Decode(octets, decoded)]);
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

    private void Keep(ReadOnlySpan<byte> octets)
    {
        hash?.AppendData(octets);
        Bytes += octets.Length;
        Inside?.Feed(octets);
        if (Files is null)
        {
            Hold(octets);
        }
        else
        {
            Files.Feed(octets);
        }
    }

    private void Hold(ReadOnlySpan<byte> octets)
    {
        while (heldCount < limit && !octets.IsEmpty)
        {
            // The signature first, which may ask for more.
            var next = octets[..Math.Min(octets.Length, (heldCount < TnefContent.SignatureBytes ? Math.Min(limit, TnefContent.SignatureBytes) : limit) - heldCount)];
            if (heldCount + next.Length > held.Length)
            {
                Array.Resize(ref held, Math.Min(limit, Math.Max(heldCount + next.Length, 2 * held.Length)));
            }

            next.CopyTo(held.AsSpan(heldCount));
            heldCount += next.Length;
            octets = octets[next.Length..];
            if (isHashed && heldCount == TnefContent.SignatureBytes && TnefContent.Is(held))
            {
                limit = TnefContent.MaxBytes;
            }
        }

        IsHeldCut |= !octets.IsEmpty;
    }
}
