using System.Buffers;
using System.Security.Cryptography;

using MailDepot.Mail;

namespace MailDepot.Journal;

/// <summary>Counts and hashes the mail inside a report as it streams by, up to the first delimiter, without holding it in memory.</summary>
internal sealed class InnerMessage(Delimiter delimiter, int sliceSize) : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] window = ArrayPool<byte>.Shared.Rent(sliceSize + delimiter.AfterLineEnd.Length);
    private int held;

    /// <summary>In bytes, without the line end before the delimiter.</summary>
    public long Length { get; private set; }

    /// <summary>
    /// Takes up to <c>sliceSize</c> bytes. True if the mail ended in them: <paramref name="rest"/> is then what follows, from the
    /// line end before the delimiter on, and is valid until this is disposed.
    /// </summary>
    public bool Feed(ReadOnlySpan<byte> slice, out ReadOnlySpan<byte> rest)
    {
        slice.CopyTo(window.AsSpan(held));
        var seen = window.AsSpan(0, held + slice.Length);
        var found = seen.IndexOf(delimiter.AfterLineEnd);
        if (found < 0)
        {
            // Hold back what could be the start of a delimiter, with a CR before it: as many bytes as it has.
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

    /// <summary>The hash of the mail; call once.</summary>
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

    private void Take(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        Length += bytes.Length;
    }
}
