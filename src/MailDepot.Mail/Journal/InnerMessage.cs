using System.Buffers;
using System.Security.Cryptography;

using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>The mail inside a report as it streams by, up to the first delimiter: counted and hashed, never held.</summary>
internal sealed class InnerMessage(Delimiter delimiter, int sliceSize) : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] window = ArrayPool<byte>.Shared.Rent(sliceSize + delimiter.AfterLineEnd.Length);
    private int held;

    /// <summary>Octets, without the line end before the delimiter.</summary>
    public long Length { get; private set; }

    /// <summary>
    /// Takes up to <c>sliceSize</c> octets. True if the mail ended in them: <paramref name="rest"/> is then what comes
    /// after it, from the line end before the delimiter on, and holds until this is disposed of.
    /// </summary>
    public bool Feed(ReadOnlySpan<byte> slice, out ReadOnlySpan<byte> rest)
    {
        slice.CopyTo(window.AsSpan(held));
        var seen = window.AsSpan(0, held + slice.Length);
        var found = seen.IndexOf(delimiter.AfterLineEnd);
        if (found < 0)
        {
            // What could begin a delimiter waits: with a CR before it, as much as its length.
            held = Math.Min(seen.Length, delimiter.AfterLineEnd.Length);
            Take(seen[..^held]);
            seen[^held..].CopyTo(window);
            rest = [];
            return false;
        }

        var end = found > 0 && seen[found - 1] is (byte)'\r' ? found - 1 : found;
        Take(seen[..end]);
        rest = seen[end..];
        return true;
    }

    /// <summary>Of the mail; once.</summary>
    public Digest Finish() => Digest.FromHash(hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose()
    {
        hash.Dispose();
        if (window.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(window);
            window = [];
        }
    }

    private void Take(ReadOnlySpan<byte> octets)
    {
        hash.AppendData(octets);
        Length += octets.Length;
    }
}
