using System.Text.Json;

namespace MailDepot.Ledger;

/// <summary>A receipt, or its later facts, as a line of the ledger: UTF-8 JSON and LF.</summary>
public static class LedgerLine
{
    /// <summary>Writes the line with its LF. One receipt makes the same octets every time.</summary>
    public static byte[] Write(Receipt receipt) => [.. JsonSerializer.SerializeToUtf8Bytes(receipt, DepotJson.Options), (byte)'\n'];

    /// <summary>Writes a facts line with its LF.</summary>
    public static byte[] Write(LaterFacts facts) => [.. JsonSerializer.SerializeToUtf8Bytes(facts, DepotJson.Options), (byte)'\n'];

    /// <summary>Reads a line, with or without its LF.</summary>
    /// <exception cref="InvalidDataException">It is no receipt.</exception>
    public static Receipt Read(ReadOnlySpan<byte> line) => Read<Receipt>(line, "a receipt");

    /// <summary>Reads a facts line, with or without its LF.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static LaterFacts ReadFacts(ReadOnlySpan<byte> line) => Read<LaterFacts>(line, "a facts line");

    private static T Read<T>(ReadOnlySpan<byte> line, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line.TrimEnd((byte)'\n'), DepotJson.Options)
                ?? throw new InvalidDataException("A line of the ledger is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"A line of the ledger is not {what}: {e.Message}", e);
        }
    }
}

/// <summary>Where a line of the ledger is.</summary>
/// <param name="Blob">Name of the append blob in the archive container.</param>
/// <param name="Offset">Of its first octet.</param>
/// <param name="Length">Octets with the LF.</param>
public sealed record LedgerPlace(string Blob, long Offset, int Length)
{
    /// <summary>Whether a line here counts before one at <paramref name="other"/>: lower blob name, then lower offset.</summary>
    public bool IsBefore(LedgerPlace other) => string.CompareOrdinal(Blob, other.Blob) switch
    {
        0 => Offset < other.Offset,
        var order => order < 0,
    };
}

/// <summary>Where the ledger has a receipt.</summary>
/// <param name="Container">The archive container's name.</param>
/// <param name="Line">Its first line.</param>
/// <param name="Facts">Its last facts line; null while it was never read again.</param>
public sealed record ReceiptPlace(string Container, LedgerPlace Line, LedgerPlace? Facts);
