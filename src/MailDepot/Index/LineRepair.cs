using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using MailDepot.Base;
using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Compares ledger lines with their rows, and writes rows that are missing or differ.</summary>
/// <remarks>
/// A row made from another line of the same receipt is correct too; a rebuild points it to the first of these lines and to the
/// last facts line.
/// </remarks>
/// <param name="repair">Whether to write, or only report.</param>
/// <param name="report">Called on any thread.</param>
internal sealed class LineRepair(
    DepotStorage storage, ReceiptLedger ledger, ExpectedRows expected, bool repair, Action<IndexDifference> report)
{
    /// <summary>Partitions of one batch processed at a time.</summary>
    private const int PartitionsAtOnce = 8;

    /// <summary>The last partition had no rows: if the tables were emptied, rows are inserted without reading first.</summary>
    private volatile bool emptied;

    private delegate Task<TableTransactionAction?> Compare(
        Wanted wanted, TableEntity? existing, Action<IndexDifference> report, CancellationToken ct);

    /// <summary>Reports differences, and repairs them if asked to; repeating it is harmless.</summary>
    public async Task CompareAsync(IReadOnlyList<WalkedLine> lines, CancellationToken ct)
    {
        var firsts = lines.DistinctBy(line => line.Receipt.Id).ToList();
        var wanted = firsts
            .Select(line => new Wanted(
                storage.Receipts, line, IndexRows.Receipt(line.Receipt, line.Place, line.Facts), $"of {line.Receipt.Received:u}"))
            .Concat(
                from line in firsts
                from participant in IndexRows.People(line.Receipt).Zip(Participant.Of(line.Receipt))
                select new Wanted(storage.Participants, line, participant.First, participant.Second.Address))
            .Concat(
                from line in firsts
                from flag in line.Receipt.Flags
                select new Wanted(storage.Participants, line, IndexRows.FlagRow(line.Receipt, flag), $"of flag {DepotJson.Word(flag)}"));
        var deliveries = firsts.Where(line => !line.Receipt.First).Select(line => new Wanted(
            storage.Deliveries, line,
            DeliveryRows.Row(line.Receipt.Container, line.Receipt.Document.Path, line.Receipt.DeliveryKey, line.Receipt.Id),
            line.Receipt.Document.Path));
        var successors = firsts.Where(line => line.Receipt.InPlaceOf is not null).Select(line => new Wanted(
            storage.Deliveries, line, DeliveryRows.Successor(line.Receipt, line.Receipt.InPlaceOf!.Value), line.Receipt.Document.Path));
        var groups = wanted.Concat(deliveries).Concat(successors)
            .GroupBy(row => (row.Table.Name, row.Row.PartitionKey))
            .Select(group => group.DistinctBy(row => row.Row.RowKey, StringComparer.Ordinal).ToImmutableArray());
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = PartitionsAtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(groups, parallel, async (group, token) => await CompareAsync(group, token));
    }

    /// <summary>Compares the rows of one partition; starts over if someone else wrote one of them meanwhile.</summary>
    private async Task CompareAsync(ImmutableArray<Wanted> group, CancellationToken ct)
    {
        foreach (var wanted in group)
        {
            expected.Add(wanted.Table, wanted.Row);
        }

        for (var blind = repair && emptied; ; blind = false)
        {
            var differences = new List<IndexDifference>();
            var actions = blind
                ? [.. group.Select(row => Missing(row, differences.Add))]
                : await ActionsAsync(group, differences.Add, ct);
            emptied = actions.Count(action => action.ActionType is TableTransactionActionType.Add) == group.Length;
            try
            {
                foreach (var chunk in repair ? actions.Chunk(StorageLimits.TransactionRows) : [])
                {
                    await group[0].Table.SubmitTransactionAsync(chunk, ct);
                }

                differences.ForEach(report);
                return;
            }
            catch (TableTransactionFailedException e) when (e.Status is 409 or 412 or 404)
            {
                emptied = false; // compare with the current rows
            }
        }
    }

    private async Task<List<TableTransactionAction>> ActionsAsync(
        ImmutableArray<Wanted> group, Action<IndexDifference> found, CancellationToken ct)
    {
        var keys = group.Select(wanted => wanted.Row.RowKey).Order(StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var (partition, first, last) = (group[0].Row.PartitionKey, keys.Min(StringComparer.Ordinal), keys.Max(StringComparer.Ordinal));
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {first} and RowKey le {last}");
        var existing = await group[0].Table.QueryAsync<TableEntity>(filter, cancellationToken: ct)
            .Where(row => keys.Contains(row.RowKey))
            .ToDictionaryAsync(row => row.RowKey, StringComparer.Ordinal, cancellationToken: ct);
        Compare compare = group[0].Table == storage.Receipts ? ReceiptAsync
            : group[0].Table == storage.Participants ? ParticipantAsync
            : DeliveryAsync;
        var actions = new List<TableTransactionAction>();
        foreach (var wanted in group)
        {
            if (await compare(wanted, existing.GetValueOrDefault(wanted.Row.RowKey), found, ct) is { } action)
            {
                actions.Add(action);
            }
        }

        return actions;
    }

    private async Task<TableTransactionAction?> ReceiptAsync(
        Wanted wanted, TableEntity? existing, Action<IndexDifference> found, CancellationToken ct)
    {
        if (existing is null)
        {
            return Missing(wanted, found);
        }

        var (place, facts) = (IndexRows.Place(existing), IndexRows.FactsPlace(existing));
        if (facts != wanted.Line.Facts
            && facts is not null
            && wanted.Line.Facts?.IsBefore(facts) != false
            && await FactsAsync(wanted.Receipt, facts, ct) is not null)
        {
            return null; // it was reread after this walk began
        }

        var columns = IndexRows.Differing(existing, wanted.Row);
        if (place != wanted.Place && (place is null || !await IsLineOfAsync(wanted.Receipt, place, ct)))
        {
            (columns, place) = ([.. columns, "ledger place"], null);
        }

        if (facts != wanted.Line.Facts
            && (facts is null
                || await FactsAsync(wanted.Receipt, facts, ct) is not { } older
                || !older.SameAs(LaterFacts.Of(wanted.Receipt))))
        {
            columns = [.. columns, "facts place"];
        }

        if (columns.Count > 0)
        {
            found(IndexDifference.Columns(wanted.Table.Name, wanted.Receipt, wanted.Description, columns));
        }

        var first = place?.IsBefore(wanted.Place) == true ? place : wanted.Place;
        return columns.Count == 0 && place == first && facts == wanted.Line.Facts
            ? null
            : new(TableTransactionActionType.UpdateReplace, IndexRows.Receipt(wanted.Receipt, first, wanted.Line.Facts), existing.ETag);
    }

    private static Task<TableTransactionAction?> ParticipantAsync(
        Wanted wanted, TableEntity? existing, Action<IndexDifference> found, CancellationToken ct)
    {
        if (existing is null)
        {
            return Task.FromResult<TableTransactionAction?>(Missing(wanted, found));
        }

        var columns = IndexRows.Differing(existing, wanted.Row);
        if (columns.Count == 0)
        {
            return Task.FromResult<TableTransactionAction?>(null);
        }

        found(IndexDifference.Columns(wanted.Table.Name, wanted.Receipt, wanted.Description, columns));
        return Task.FromResult<TableTransactionAction?>(new(TableTransactionActionType.UpdateReplace, wanted.Row, existing.ETag));
    }

    /// <summary>Only adds missing rows: an existing row is authoritative.</summary>
    private static Task<TableTransactionAction?> DeliveryAsync(
        Wanted wanted, TableEntity? existing, Action<IndexDifference> found, CancellationToken ct) =>
        Task.FromResult(existing is null ? Missing(wanted, found) : null);

    private static TableTransactionAction Missing(Wanted wanted, Action<IndexDifference> found)
    {
        found(IndexDifference.Missing(wanted.Table.Name, wanted.Receipt, wanted.Description, wanted.Place));
        return new(TableTransactionActionType.Add, wanted.Row);
    }

    /// <summary>Whether a place has a line of this receipt; several attempts at a ticket may leave several lines.</summary>
    private async Task<bool> IsLineOfAsync(Receipt receipt, LedgerPlace place, CancellationToken ct) =>
        await ReadAsync(() => ledger.ReadAsync(receipt.Container, place, ct)) is { } line && line.Id == receipt.Id;

    /// <summary>The facts line of this receipt at a place; null if there is none.</summary>
    private async Task<LaterFacts?> FactsAsync(Receipt receipt, LedgerPlace place, CancellationToken ct) =>
        await ReadAsync(() => ledger.ReadFactsAsync(receipt.Container, place, ct)) is { } line && line.Receipt == receipt.Id ? line : null;

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

    /// <param name="Table">The row's table.</param>
    /// <param name="Line">The line that makes the row.</param>
    /// <param name="Row">The row as it should be.</param>
    /// <param name="Description">What the row is about, for people.</param>
    private sealed record Wanted(TableClient Table, WalkedLine Line, TableEntity Row, string Description)
    {
        public Receipt Receipt => Line.Receipt;

        public LedgerPlace Place => Line.Place;
    }
}

/// <summary>A receipt's line found on a walk through the ledger.</summary>
/// <param name="Receipt">The receipt with its latest facts.</param>
/// <param name="Place">Place of the line.</param>
/// <param name="Facts">Place of its last facts line; null if it has none.</param>
internal sealed record WalkedLine(Receipt Receipt, LedgerPlace Place, LedgerPlace? Facts);
