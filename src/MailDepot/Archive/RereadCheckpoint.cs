using System.Collections.Immutable;
using Azure.Data.Tables;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>How far this version has reread the receipts of earlier readers: a row of <c>Containers</c> per archive container.</summary>
/// <remarks>
/// Most receipts keep the same facts. A facts line for each would turn the few that a check holds in memory into millions; a
/// position in the ledger costs one small write per page. If the row is lost, mails are merely read once more.
/// </remarks>
/// <param name="Through">The last line that was reread or did not need it; null before the first.</param>
/// <param name="Failed">Receipts up to there that could not be read: each run retries them.</param>
internal sealed record RereadCheckpoint(LedgerPlace? Through, ImmutableArray<Guid> Failed)
{
    private const string Key = "reread";

    /// <summary>Ids of 32 characters that fit a column of 32,768. If more fail, the checkpoint stays where it is.</summary>
    private const int MaxFailed = 900;

    /// <summary>Whether the checkpoint is after all lines of a file.</summary>
    public bool IsPast(LedgerFile file) => Through is not null && string.CompareOrdinal(file.Name, Through.Blob) < 0;

    /// <summary>Whether a line is at the checkpoint or before it.</summary>
    public bool Covers(LedgerPlace place) => Through is not null && !Through.IsBefore(place);

    /// <summary>Reads the checkpoint of this reader version; another version's is ignored.</summary>
    public static async Task<RereadCheckpoint> ReadAsync(DepotStorage storage, string container, CancellationToken ct)
    {
        var existing = await storage.Containers.GetEntityIfExistsAsync<TableEntity>(container, Key, cancellationToken: ct);
        if (existing is not { HasValue: true, Value: { } row }
            || row.GetInt32("Reader") != MailReader.Version
            || row.GetString("LedgerBlob") is not { } blob
            || row.GetInt64("LedgerOffset") is not { } offset)
        {
            return new RereadCheckpoint(null, []);
        }

        var failed = (row.GetString("Failed") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Guid.Parse);
        return new RereadCheckpoint(new LedgerPlace(blob, offset, 0), [.. failed]);
    }

    /// <summary>Saves the checkpoint. Of two concurrent runs the last write wins; at worst some mails are read twice.</summary>
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
