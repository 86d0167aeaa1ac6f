using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;

namespace MailDepot.Index;

/// <summary>Remembers in bounded memory which rows the ledger explains: a Bloom filter over their keys.</summary>
/// <remarks>
/// A row that was added is always known. One that was not is taken for known by chance: next to never up to some million
/// receipts, one in a hundred at ten million (64 MiB, 9 bits a row). Each run has a salt of its own, so what one run
/// overlooks the next finds. Any thread may add.
/// </remarks>
internal sealed class ExpectedRows
{
    /// <summary>Octets of the filter at most, and at least.</summary>
    private const long MaxBytes = 64 * 1024 * 1024, MinBytes = 1024 * 1024;

    /// <summary>A line of some 1,500 octets makes about six rows: at a 16th of the ledger they get 120 bits each.</summary>
    private const int LedgerBytesPerByte = 16;

    /// <summary>Bits set for a row.</summary>
    private const int HashCount = 7;

    private readonly ulong[] bits;
    private readonly byte[] salt = RandomNumberGenerator.GetBytes(16);

    /// <summary>Sized for a ledger.</summary>
    public ExpectedRows(long ledgerBytes) => bits = new ulong[Math.Clamp(ledgerBytes / LedgerBytesPerByte, MinBytes, MaxBytes) / sizeof(ulong)];

    public void Add(TableClient table, TableEntity row)
    {
        foreach (var bit in Bits(table, row))
        {
            Interlocked.Or(ref bits[bit / 64], 1UL << (int)(bit % 64));
        }
    }

    public bool MayContain(TableClient table, TableEntity row) => Bits(table, row).All(bit => (Volatile.Read(ref bits[bit / 64]) & (1UL << (int)(bit % 64))) != 0);

    private IEnumerable<ulong> Bits(TableClient table, TableEntity row)
    {
        var hash = SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes($"{table.Name}\n{row.PartitionKey}\n{row.RowKey}")]);
        var (at, step) = (BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash.AsSpan(8)) | 1);
        var size = (ulong)bits.Length * 64;
        for (var mark = 0; mark < HashCount; mark++, at += step)
        {
            yield return at % size;
        }
    }
}
