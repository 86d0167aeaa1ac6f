using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Writes the rows of receipts. Rows of the same partition that are waiting share a transaction.</summary>
/// <remarks>Writing a receipt again changes nothing: its row already exists, and its participants are replaced by the same.</remarks>
public sealed class IndexWriter
{
    /// <summary>Participant rows of one receipt in flight at a time: a report can name thousands.</summary>
    private const int ParticipantsAtOnce = 16;

    private readonly DepotStorage storage;
    private readonly DirtyHours dirtyHours;
    private readonly GroupCommit<string, TableEntity, Put> receipts;
    private readonly GroupCommit<string, TableEntity, Put> participants;

    /// <summary>One instance per process, so that all tickets in progress share their writes.</summary>
    public IndexWriter(DepotStorage storage, DirtyHours dirtyHours)
    {
        (this.storage, this.dirtyHours) = (storage, dirtyHours);
        receipts = new("receipts", StorageLimits.TransactionRows, StorageLimits.TransactionBytes, Size, InsertAsync);
        participants = new("participants", StorageLimits.TransactionRows, StorageLimits.TransactionBytes, Size, UpsertAsync);
    }

    /// <summary>Writes the receipt's row and its participants in parallel, then marks the hour if the receipt is late.</summary>
    public async Task<Put> AddAsync(Receipt receipt, LedgerPlace place, CancellationToken ct)
    {
        var row = IndexRows.Receipt(receipt, place);
        var receiptPut = receipts.CommitAsync(row.PartitionKey, row, ct);
        var participantPuts = Parallel.ForEachAsync(
            IndexRows.Participants(receipt),
            new ParallelOptions { MaxDegreeOfParallelism = ParticipantsAtOnce, CancellationToken = ct },
            async (participant, token) => await participants.CommitAsync(participant.PartitionKey, participant, token));
        await Task.WhenAll(receiptPut, participantPuts);
        await dirtyHours.MarkIfLateAsync(receipt.Container, receipt.Received, ct);
        return await receiptPut;
    }

    /// <summary>Updates a receipt's rows after its mail was reread; repeating it is harmless.</summary>
    /// <remarks>
    /// As long as rows of <paramref name="before"/> may remain, the row of <c>Receipts</c> still points to those facts, or the
    /// receipt is still listed under a flag it no longer has: so an interrupted run starts over. Columns that counts read never
    /// change.
    /// </remarks>
    /// <param name="before">The receipt with the facts its rows were made from.</param>
    /// <param name="after">The receipt with its latest facts.</param>
    /// <param name="place">Its line, and that of its latest facts.</param>
    public async Task ChangeAsync(Receipt before, Receipt after, ReceiptPlace place, CancellationToken ct)
    {
        var wanted = IndexRows.Participants(after).ToList();
        var keys = wanted.Select(row => row.PartitionKey).ToHashSet(StringComparer.Ordinal);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ParticipantsAtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(wanted, parallel, async (row, token) => await participants.CommitAsync(row.PartitionKey, row, token));
        await Parallel.ForEachAsync(
            IndexRows.People(before).Where(row => !keys.Contains(row.PartitionKey)), parallel,
            async (row, token) => await storage.Participants.DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: token));
        await storage.Receipts.UpsertEntityAsync(IndexRows.Receipt(after, place.Line, place.Facts), TableUpdateMode.Replace, ct);
        await DropFlagsAsync(after, ct);
    }

    /// <summary>Removes a receipt from the lists of the flags it does not have.</summary>
    public async Task DropFlagsAsync(Receipt receipt, CancellationToken ct)
    {
        foreach (var row in Enum.GetValues<ReceiptFlag>().Except(receipt.Flags).Select(flag => IndexRows.FlagRow(receipt, flag)))
        {
            await storage.Participants.DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: ct);
        }
    }

    /// <summary>Inserts rows; existing ones are dropped from the transaction one by one, because Azure names only the first.</summary>
    private async Task<IReadOnlyList<Put>> InsertAsync(string partition, IReadOnlyList<TableEntity> rows, CancellationToken ct)
    {
        var remaining = Distinct(rows);
        var existing = new HashSet<string>(StringComparer.Ordinal);
        while (remaining.Count > 0)
        {
            try
            {
                await storage.Receipts.SubmitTransactionAsync(
                    remaining.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)), ct);
                break;
            }
            catch (TableTransactionFailedException e)
                when (e.ErrorCode == TableErrorCode.EntityAlreadyExists && e.FailedTransactionActionIndex is { } index)
            {
                existing.Add(remaining[index].RowKey);
                remaining.RemoveAt(index);
            }
        }

        return [.. rows.Select(row => existing.Contains(row.RowKey) ? Put.AlreadyThere : Put.Created)];
    }

    private async Task<IReadOnlyList<Put>> UpsertAsync(string partition, IReadOnlyList<TableEntity> rows, CancellationToken ct)
    {
        var distinct = Distinct(rows);
        if (distinct.Count == 1)
        {
            await storage.Participants.UpsertEntityAsync(distinct[0], TableUpdateMode.Replace, ct);
        }
        else
        {
            await storage.Participants.SubmitTransactionAsync(
                distinct.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), ct);
        }

        return [.. rows.Select(_ => Put.Created)];
    }

    /// <summary>Two workers with the same ticket make the same row; a transaction accepts it only once (400 InvalidDuplicateRow).</summary>
    private static List<TableEntity> Distinct(IReadOnlyList<TableEntity> rows) =>
        [.. rows.DistinctBy(row => row.RowKey, StringComparer.Ordinal)];

    /// <summary>Upper bound of a row's size in a transaction: text as UTF-16, plus the names.</summary>
    private static long Size(TableEntity row) => 1_024 + row.Sum(column => column.Value is string text ? text.Length * 4L : 64);
}
