using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Writes the rows of receipts. Rows of one partition that wait together share a transaction.</summary>
/// <remarks>Writing a receipt again changes nothing: its row is already there, and its participants are put as they were.</remarks>
public sealed class IndexWriter
{
    /// <summary>Participant rows of one receipt under way at a time: a report can name thousands.</summary>
    private const int ParticipantsAtOnce = 16;

    private readonly DepotStorage storage;
    private readonly DirtyHours dirtyHours;
    private readonly GroupCommit<string, TableEntity, Put> receipts;
    private readonly GroupCommit<string, TableEntity, Put> participants;

    /// <summary>One for a process, so that all tickets at work share their writes.</summary>
    public IndexWriter(DepotStorage storage, DirtyHours dirtyHours)
    {
        (this.storage, this.dirtyHours) = (storage, dirtyHours);
        receipts = new("receipts", StorageLimits.TransactionRows, StorageLimits.TransactionBytes, Size, InsertAsync);
        participants = new("participants", StorageLimits.TransactionRows, StorageLimits.TransactionBytes, Size, UpsertAsync);
    }

    /// <summary>Writes the receipt's row and its participants, side by side, then the late mark if it is due; returns when all are there.</summary>
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

    /// <summary>Puts a receipt's rows right after another reading of its mail; again is harmless.</summary>
    /// <remarks>
    /// While rows of <paramref name="before"/> may be left, the row of <c>Receipts</c> still leads to those facts, or a flag is
    /// still listed that the receipt has no more: so who was interrupted begins anew. No column that counts read is changed.
    /// </remarks>
    /// <param name="before">With the facts that its rows were made from.</param>
    /// <param name="after">With its last facts.</param>
    /// <param name="place">Its line, and that of its last facts.</param>
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

    /// <summary>Takes a receipt out of the lists of the flags that it has not, or no more.</summary>
    public async Task DropFlagsAsync(Receipt receipt, CancellationToken ct)
    {
        foreach (var row in Enum.GetValues<ReceiptFlag>().Except(receipt.Flags).Select(flag => IndexRows.FlagRow(receipt, flag)))
        {
            await storage.Participants.DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: ct);
        }
    }

    /// <summary>Inserts; a row already there is taken out of the transaction, one a round, for Azure names only the first.</summary>
    private async Task<IReadOnlyList<Put>> InsertAsync(string partition, IReadOnlyList<TableEntity> rows, CancellationToken ct)
    {
        var left = Distinct(rows);
        var there = new HashSet<string>(StringComparer.Ordinal);
        while (left.Count > 0)
        {
            try
            {
                await storage.Receipts.SubmitTransactionAsync(left.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)), ct);
                break;
            }
            catch (TableTransactionFailedException e) when (e.ErrorCode == TableErrorCode.EntityAlreadyExists && e.FailedTransactionActionIndex is { } index)
            {
                there.Add(left[index].RowKey);
                left.RemoveAt(index);
            }
        }

        return [.. rows.Select(row => there.Contains(row.RowKey) ? Put.AlreadyThere : Put.Created)];
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
            await storage.Participants.SubmitTransactionAsync(distinct.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), ct);
        }

        return [.. rows.Select(_ => Put.Created)];
    }

    /// <summary>Two workers with one ticket make the same row; a transaction takes a row once (400 InvalidDuplicateRow).</summary>
    private static List<TableEntity> Distinct(IReadOnlyList<TableEntity> rows) => [.. rows.DistinctBy(row => row.RowKey, StringComparer.Ordinal)];

    /// <summary>An upper bound of a row's octets in a transaction: text as UTF-16, and the names.</summary>
    private static long Size(TableEntity row) => 1_024 + row.Sum(column => column.Value is string text ? text.Length * 4L : 64);
}
