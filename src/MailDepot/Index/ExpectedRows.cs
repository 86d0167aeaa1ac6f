using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;

namespace MailDepot.Index;

/// <summary>The rows that the ledger accounts for, in bounded memory: a Bloom filter over their keys.</summary>
/// <remarks>
/// An added row is always found. False positives are rare up to some million receipts, and one in a hundred at ten million
/// (64 MiB, 9 bits per row). Each run has its own salt, so what one run overlooks the next finds. Adding is thread-safe.
/// </remarks>
internal sealed class ExpectedRows
{
    /// <summary>Limits of the filter's size.</summary>
    private const long MaxBytes = 64 * 1024 * 1024, MinBytes = 1024 * 1024;

    /// <summary>A line of some 1,500 bytes makes about six rows: with a 16th of the ledger's size each row gets 120 bits.</summary>
    private const int LedgerBytesPerByte = 16;

    /// <summary>Bits set per row.</summary>
    private const int HashCount = 7;

    private readonly ulong[] bits;
    private readonly byte[] salt = RandomNumberGenerator.GetBytes(16);

    /// <summary>Makes a filter for a ledger of this size.</summary>
    public ExpectedRows(long ledgerBytes) =>
        bits = new ulong[Math.Clamp(ledgerBytes / LedgerBytesPerByte, MinBytes, MaxBytes) / sizeof(ulong)];

    public void Add(TableClient table, TableEntity row)
    {
        foreach (var bit in Bits(table, row))
        {
            Interlocked.Or(ref bits[bit / 64], 1UL << (int)(bit % 64));
        }
    }

    public bool MayContain(TableClient table, TableEntity row) =>
        Bits(table, row).All(bit => (Volatile.Read(ref bits[bit / 64]) & (1UL << (int)(bit % 64))) != 0);

    private IEnumerable<ulong> Bits(TableClient table, TableEntity row)
    {
        var hash = SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes($"{table.Name}\n{row.PartitionKey}\n{row.RowKey}")]);
        var (at, step) = (BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash.AsSpan(8)) | 1);
        var size = (ulong)bits.Length * 64;
        for (var i = 0; i < HashCount; i++, at += step)
        {
            yield return at % size;
        }
    }
}
