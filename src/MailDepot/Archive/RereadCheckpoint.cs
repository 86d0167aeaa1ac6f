using System.Collections.Immutable;
using Azure.Data.Tables;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>How far the receipts of earlier readers were read again by this version: a row of <c>Containers</c>, one an archive container.</summary>
/// <remarks>
/// Most receipts have the same facts as before. A facts line for each would make millions of the few that a check holds in
/// memory; one position in the order of the ledger costs a small write a page. Lost, it only costs another reading.
/// </remarks>
/// <param name="Through">The last line that was read, or needed no reading; null before the first.</param>
/// <param name="Failed">Receipts up to there that could not be read: each run tries them again.</param>
internal sealed record RereadCheckpoint(LedgerPlace? Through, ImmutableArray<Guid> Failed)
{
    private const string Key = "reread";

    /// <summary>Ids of 32 characters that fit a column of 32,768. Should more fail, the mark stays where it is.</summary>
    private const int MaxFailed = 900;

    /// <summary>Whether the mark is behind all lines of a file.</summary>
    public bool IsPast(LedgerFile file) => Through is not null && string.CompareOrdinal(file.Name, Through.Blob) < 0;

    /// <summary>Whether a line is at the mark or before it.</summary>
    public bool Covers(LedgerPlace place) => Through is not null && !Through.IsBefore(place);

    /// <summary>The mark of this reader version; that of another one says nothing.</summary>
    public static async Task<RereadCheckpoint> ReadAsync(DepotStorage storage, string container, CancellationToken ct) =>
        await storage.Containers.GetEntityIfExistsAsync<TableEntity>(container, Key, cancellationToken: ct) is { HasValue: true, Value: { } row }
        && row.GetInt32("Reader") == MailReader.Version && row.GetString("LedgerBlob") is { } blob && row.GetInt64("LedgerOffset") is { } offset
            ? new RereadCheckpoint(new LedgerPlace(blob, offset, 0), [.. (row.GetString("Failed") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Guid.Parse)])
            : new RereadCheckpoint(null, []);

    /// <summary>Writes it down. Of two runs at once the later one to write counts; what both read is read once too often.</summary>
    public async Task WriteAsync(DepotStorage storage, string container, CancellationToken ct)
    {
        if (Through is not null && Failed.Length <= MaxFailed)
        {
            await storage.Containers.UpsertEntityAsync(new TableEntity(container, Key)
            {
                ["Reader"] = MailReader.Version,
                ["LedgerBlob"] = Through.Blob,
                ["LedgerOffset"] = Through.Offset,
                ["Failed"] = string.Join(' ', Failed.Select(id => id.ToString("N"))),
            }, TableUpdateMode.Replace, ct);
        }
    }
}
