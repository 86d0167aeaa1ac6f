using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using MailDepot.Base;
using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Compares some lines of the ledger with their rows, and writes the rows that are missing or differ.</summary>
/// <remarks>
/// A row that another line of the same receipt made is right too; a rebuild leads it to the first of them, and to the last
/// of its facts lines.
/// </remarks>
/// <param name="mend">Write; else only tell.</param>
/// <param name="tell">May be called by any thread.</param>
internal sealed class LineRepair(DepotStorage storage, ReceiptLedger ledger, ExpectedRows expected, bool mend, Action<IndexDifference> tell)
{
    /// <summary>Partitions of one batch at work at a time.</summary>
    private const int PartitionsAtOnce = 8;

    /// <summary>Nothing was there of the partition before: in emptied tables rows are inserted without looking.</summary>
    private volatile bool emptied;

    private delegate Task<TableTransactionAction?> Compare(Wanted wanted, TableEntity? there, Action<IndexDifference> tell, CancellationToken ct);

    /// <summary>Tells and mends; again is harmless.</summary>
    public async Task CompareAsync(IReadOnlyList<WalkedLine> lines, CancellationToken ct)
    {
        var firsts = lines.DistinctBy(line => line.Receipt.Id).ToList();
        var wanted = firsts.Select(line => new Wanted(storage.Receipts, line, IndexRows.Receipt(line.Receipt, line.Place, line.Facts), $"of {line.Receipt.Received:u}"))
            .Concat(
                from line in firsts
                from participant in IndexRows.People(line.Receipt).Zip(Participant.Of(line.Receipt))
                select new Wanted(storage.Participants, line, participant.First, participant.Second.Address))
            .Concat(
                from line in firsts
                from flag in line.Receipt.Flags
                select new Wanted(storage.Participants, line, IndexRows.FlagRow(line.Receipt, flag), $"of flag {DepotJson.Word(flag)}"));
        var deliveries = firsts.Where(line => !line.Receipt.First).Select(line => new Wanted(
            storage.Deliveries, line, DeliveryRows.Row(line.Receipt.Container, line.Receipt.Document.Path, line.Receipt.DeliveryKey, line.Receipt.Id), line.Receipt.Document.Path));
        var successors = firsts.Where(line => line.Receipt.InPlaceOf is not null).Select(line => new Wanted(
            storage.Deliveries, line, DeliveryRows.Successor(line.Receipt, line.Receipt.InPlaceOf!.Value), line.Receipt.Document.Path));
        var groups = wanted.Concat(deliveries).Concat(successors).GroupBy(row => (row.Table.Name, row.Row.PartitionKey)).Select(group => group.DistinctBy(row => row.Row.RowKey, StringComparer.Ordinal).ToImmutableArray());
        await Parallel.ForEachAsync(
            groups, new ParallelOptions { MaxDegreeOfParallelism = PartitionsAtOnce, CancellationToken = ct }, async (group, token) => await CompareAsync(group, token));
    }

    /// <summary>The rows of one partition; anew if someone else wrote one of them meanwhile.</summary>
    private async Task CompareAsync(ImmutableArray<Wanted> group, CancellationToken ct)
    {
        foreach (var wanted in group)
        {
            expected.Add(wanted.Table, wanted.Row);
        }

        for (var unseen = mend && emptied; ; unseen = false)
        {
            var told = new List<IndexDifference>();
            var actions = unseen ? [.. group.Select(wanted => Missing(wanted, told.Add))] : await ActionsAsync(group, told.Add, ct);
            emptied = actions.Count(action => action.ActionType is TableTransactionActionType.Add) == group.Length;
            try
            {
                foreach (var some in mend ? actions.Chunk(StorageLimits.TransactionRows) : [])
                {
                    await group[0].Table.SubmitTransactionAsync(some, ct);
                }

                told.ForEach(tell);
                return;
            }
            catch (TableTransactionFailedException e) when (e.Status is 409 or 412 or 404)
            {
                emptied = false; // compare again with what is there now
            }
        }
    }

    private async Task<List<TableTransactionAction>> ActionsAsync(ImmutableArray<Wanted> group, Action<IndexDifference> told, CancellationToken ct)
    {
        var keys = group.Select(wanted => wanted.Row.RowKey).Order(StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var (partition, first, last) = (group[0].Row.PartitionKey, keys.Min(StringComparer.Ordinal), keys.Max(StringComparer.Ordinal));
        var there = await group[0].Table.QueryAsync<TableEntity>(
                TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {first} and RowKey le {last}"), cancellationToken: ct)
            .Where(row => keys.Contains(row.RowKey))
            .ToDictionaryAsync(row => row.RowKey, StringComparer.Ordinal, cancellationToken: ct);
        Compare compare = group[0].Table == storage.Receipts ? ReceiptAsync : group[0].Table == storage.Participants ? ParticipantAsync : DeliveryAsync;
        var actions = new List<TableTransactionAction>();
        foreach (var wanted in group)
        {
            if (await compare(wanted, there.GetValueOrDefault(wanted.Row.RowKey), told, ct) is { } action)
            {
                actions.Add(action);
            }
        }

        return actions;
    }

    private async Task<TableTransactionAction?> ReceiptAsync(Wanted wanted, TableEntity? there, Action<IndexDifference> told, CancellationToken ct)
    {
        if (there is null)
        {
            return Missing(wanted, told);
        }

        var (place, facts) = (IndexRows.Place(there), IndexRows.FactsPlace(there));
        if (facts != wanted.Line.Facts && facts is not null && wanted.Line.Facts?.IsBefore(facts) != false && await FactsAsync(wanted.Receipt, facts, ct) is not null)
        {
            return null; // it was read again after this walk began
        }

        var columns = IndexRows.Differing(there, wanted.Row);
        if (place != wanted.Place && (place is null || !await IsLineOfAsync(wanted.Receipt, place, ct)))
        {
            (columns, place) = ([.. columns, "ledger place"], null);
        }

        if (facts != wanted.Line.Facts && (facts is null || await FactsAsync(wanted.Receipt, facts, ct) is not { } older || !older.SameAs(LaterFacts.Of(wanted.Receipt))))
        {
            columns = [.. columns, "facts place"];
        }

        if (columns.Count > 0)
        {
            told(IndexDifference.Columns(wanted.Table.Name, wanted.Receipt, wanted.Description, columns));
        }

        var first = place?.IsBefore(wanted.Place) == true ? place : wanted.Place;
        return columns.Count == 0 && place == first && facts == wanted.Line.Facts
            ? null
            : new(TableTransactionActionType.UpdateReplace, IndexRows.Receipt(wanted.Receipt, first, wanted.Line.Facts), there.ETag);
    }

    private static Task<TableTransactionAction?> ParticipantAsync(Wanted wanted, TableEntity? there, Action<IndexDifference> told, CancellationToken ct)
    {
        if (there is null)
        {
            return Task.FromResult<TableTransactionAction?>(Missing(wanted, told));
        }

        var columns = IndexRows.Differing(there, wanted.Row);
        if (columns.Count == 0)
        {
            return Task.FromResult<TableTransactionAction?>(null);
        }

        told(IndexDifference.Columns(wanted.Table.Name, wanted.Receipt, wanted.Description, columns));
        return Task.FromResult<TableTransactionAction?>(new(TableTransactionActionType.UpdateReplace, wanted.Row, there.ETag));
    }

    /// <summary>Only what is missing: a row that is there has decided.</summary>
    private static Task<TableTransactionAction?> DeliveryAsync(Wanted wanted, TableEntity? there, Action<IndexDifference> told, CancellationToken ct) =>
        Task.FromResult(there is null ? Missing(wanted, told) : null);

    private static TableTransactionAction Missing(Wanted wanted, Action<IndexDifference> told)
    {
        told(IndexDifference.Missing(wanted.Table.Name, wanted.Receipt, wanted.Description, wanted.Place));
        return new(TableTransactionActionType.Add, wanted.Row);
    }

    /// <summary>Attempts of one ticket may leave more than one line; any of them is the receipt's.</summary>
    private async Task<bool> IsLineOfAsync(Receipt receipt, LedgerPlace place, CancellationToken ct) =>
        await ReadAsync(() => ledger.ReadAsync(receipt.Container, place, ct)) is { } there && there.Id == receipt.Id;

    /// <summary>A facts line of this receipt; null if there is none at that place.</summary>
    private async Task<LaterFacts?> FactsAsync(Receipt receipt, LedgerPlace place, CancellationToken ct) =>
        await ReadAsync(() => ledger.ReadFactsAsync(receipt.Container, place, ct)) is { } there && there.Receipt == receipt.Id ? there : null;

    private static async Task<T?> ReadAsync<T>(Func<Task<T>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is InvalidDataException or RequestFailedException { Status: 404 or 416 })
        {
            return null;
        }
    }

    /// <param name="Table">Where it belongs.</param>
    /// <param name="Line">What makes it.</param>
    /// <param name="Row">As it should be.</param>
    /// <param name="Description">What it is about, for people.</param>
    private sealed record Wanted(TableClient Table, WalkedLine Line, TableEntity Row, string Description)
    {
        public Receipt Receipt => Line.Receipt;

        public LedgerPlace Place => Line.Place;
    }
}

/// <summary>A receipt's line as a walk through the ledger meets it.</summary>
/// <param name="Receipt">With its last facts.</param>
/// <param name="Place">Of the line.</param>
/// <param name="Facts">Of its last facts line; null if it has none.</param>
internal sealed record WalkedLine(Receipt Receipt, LedgerPlace Place, LedgerPlace? Facts);
