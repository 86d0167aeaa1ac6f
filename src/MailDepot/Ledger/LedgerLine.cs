using System.Text.Json;
using MailDepot.Base;

namespace MailDepot.Ledger;

/// <summary>A receipt, its later facts, or a deletion from quarantine, as a ledger line: UTF-8 JSON and LF.</summary>
/// <remarks>
/// A later version may write lines of further kinds. Readers skip them (<c>…OrSkip</c>), so no other kind may make rows of
/// <c>Receipts</c> or <c>Participants</c>: a rebuild would delete them.
/// </remarks>
public static class LedgerLine
{
    /// <summary>Writes a receipt's line with its LF. The same receipt always makes the same bytes.</summary>
    public static byte[] Write(Receipt receipt) => [.. JsonSerializer.SerializeToUtf8Bytes(receipt, DepotJson.Options), (byte)'\n'];

    /// <summary>Writes a facts line with its LF.</summary>
    public static byte[] Write(LaterFacts facts) => [.. JsonSerializer.SerializeToUtf8Bytes(facts, DepotJson.Options), (byte)'\n'];

    /// <summary>Writes the line of a deletion with its LF.</summary>
    public static byte[] Write(DeletedTicket deleted) => [.. JsonSerializer.SerializeToUtf8Bytes(deleted, DepotJson.Options), (byte)'\n'];

    /// <summary>Reads a receipt's line, with or without its LF.</summary>
    /// <exception cref="InvalidDataException">It is not a receipt.</exception>
    public static Receipt Read(ReadOnlySpan<byte> line) => Read<Receipt>(line, "a receipt");

    /// <summary>Reads a facts line, with or without its LF.</summary>
    /// <exception cref="InvalidDataException">It is not a facts line.</exception>
    public static LaterFacts ReadFacts(ReadOnlySpan<byte> line) => Read<LaterFacts>(line, "a facts line");

    /// <summary>Reads the line of a deletion, with or without its LF.</summary>
    /// <exception cref="InvalidDataException">It is not a deletion.</exception>
    public static DeletedTicket ReadDeleted(ReadOnlySpan<byte> line) => Read<DeletedTicket>(line, "a deletion from quarantine");

    /// <summary>Reads a receipt's line; null if the line is of another kind.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static Receipt? ReadOrSkip(ReadOnlySpan<byte> line) => ReadOrSkip<Receipt>(line, "a receipt", "deliveryKey"u8);

    /// <summary>Reads a receipt's line; null if the line is of another kind or damaged.</summary>
    public static Receipt? TryRead(ReadOnlySpan<byte> line)
    {
        try
        {
            return Read(line);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Reads a facts line; null if the line is of another kind.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static LaterFacts? ReadFactsOrSkip(ReadOnlySpan<byte> line) => ReadOrSkip<LaterFacts>(line, "a facts line", "facts"u8);

    /// <summary>Reads the line of a deletion; null if the line is of another kind.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static DeletedTicket? ReadDeletedOrSkip(ReadOnlySpan<byte> line) =>
        ReadOrSkip<DeletedTicket>(line, "a deletion from quarantine", "deleted"u8);

    /// <summary>Parses a line twice only if it can't be read as this kind.</summary>
    private static T? ReadOrSkip<T>(ReadOnlySpan<byte> line, string what, ReadOnlySpan<byte> mark)
        where T : class
    {
        try
        {
            return Read<T>(line, what);
        }
        catch (InvalidDataException) when (IsOfAnotherKind(line, mark))
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the line is a complete JSON object without <paramref name="mark"/>, the property that every line of the wanted kind
    /// has. A truncated or overwritten line is not.
    /// </summary>
    private static bool IsOfAnotherKind(ReadOnlySpan<byte> line, ReadOnlySpan<byte> mark)
    {
        try
        {
            var json = new Utf8JsonReader(line.TrimEnd((byte)'\n'));
            if (!json.Read() || json.TokenType is not JsonTokenType.StartObject)
            {
                return false;
            }

            var properties = 0;
            for (; json.Read() && json.TokenType is JsonTokenType.PropertyName; properties++)
            {
                if (json.ValueTextEquals(mark))
                {
                    return false;
                }

                json.Skip();
            }

            return properties > 0 && !json.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static T Read<T>(ReadOnlySpan<byte> line, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line.TrimEnd((byte)'\n'), DepotJson.Options)
                ?? throw new InvalidDataException("A ledger line is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"A ledger line is not {what}: {e.Message}", e);
        }
    }
}

/// <summary>Where a ledger line is.</summary>
/// <param name="Blob">Name of the append blob in the archive container.</param>
/// <param name="Offset">Offset of the first byte.</param>
/// <param name="Length">Bytes including the LF.</param>
public sealed record LedgerPlace(string Blob, long Offset, int Length)
{
    /// <summary>Whether this place comes before another: lower blob name, then lower offset.</summary>
    public bool IsBefore(LedgerPlace other) => string.CompareOrdinal(Blob, other.Blob) switch
    {
        0 => Offset < other.Offset,
        var order => order < 0,
    };
}

/// <summary>Where a receipt is in the ledger.</summary>
/// <param name="Container">The archive container's name.</param>
/// <param name="Line">Its first line.</param>
/// <param name="Facts">Its last facts line; null if it has none.</param>
public sealed record ReceiptPlace(string Container, LedgerPlace Line, LedgerPlace? Facts);
