using Azure.Data.Tables;
using MailDepot.Benchmarks.Ingest;
using MailDepot.Host.Local;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot.Benchmarks.Rebuild;

/// <summary>Plain writes of all rows; then, from emptied tables, the rebuild of the same rows from the ledgers.</summary>
internal sealed class RebuildRun(AzuriteProgram program, TimeProvider clock, Action<string> say)
{
    /// <summary>As in the rebuild: lines written together, partitions at a time, files at a time.</summary>
    private const int BatchLines = 500, PartitionsAtOnce = 8, FilesAtOnce = 4;

    public async Task<RebuildFigures> RunAsync(int receipts, CancellationToken ct)
    {
        await using var azurite = await FreshAzurite.StartAsync(program, clock, ct);
        var settings = LoopbackDepot.Settings(azurite.ConnectionString(AzuriteAccount.Development.Name));
        await using var depot = new ServiceCollection()
            .AddLogging()
            .AddReaders(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddConnectors()
            .AddArchiver()
            .BuildServiceProvider();
        var storage = depot.GetRequiredService<DepotStorage>();
        await storage.CreateAsync(LedgerStage.Containers, ct);

        say($"{receipts} receipts …");
        var lines = await new LedgerStage(storage).AppendAsync(receipts, clock.GetUtcNow().AddHours(-1), ct);
        say("plain writes of their rows …");
        var floor = await MeasureAsync(() => WriteAsync(storage, lines, ct));
        var before = await RowsAsync(storage, ct);
        foreach (var table in new[] { storage.Receipts, storage.Participants })
        {
            await table.DeleteAsync(ct);
            await table.CreateAsync(ct);
        }

        say("rebuild …");
        var rebuild = await MeasureAsync(async () =>
        {
            foreach (var container in LedgerStage.Containers)
            {
                await depot.GetRequiredService<IndexRepair>().RebuildAsync(container, _ => { }, _ => { }, ct);
            }
        });
        var after = await RowsAsync(storage, ct);
        var counted = 0L;
        foreach (var container in LedgerStage.Containers)
        {
            counted += (await depot.GetRequiredService<Counts>().OfAsync(container, ct)).Receipts;
        }

        var files = lines.Select(line => (line.Receipt.Container, line.Place.Blob)).Distinct().Count();
        return new RebuildFigures(receipts, files, before.Count, floor, rebuild, counted == receipts && AreEqual(before, after));

        async Task<PartFigures> MeasureAsync(Func<Task> work)
        {
            var requests = depot.GetRequiredService<RequestCounter>().Requests;
            var (cpu, sent, began) = (CpuTime.Read(azurite.Id), requests.Values.Sum(), clock.GetTimestamp());
            await work();
            var time = clock.GetElapsedTime(began);
            var perReceipt = (requests.Values.Sum() - sent) / (double)receipts;
            return new PartFigures(time.TotalSeconds, perReceipt, CpuTime.Read(azurite.Id).Since(cpu, receipts));
        }
    }

    /// <summary>Rows of one batch and partition in one transaction, nothing read.</summary>
    private static async Task WriteAsync(
        DepotStorage storage, List<(Receipt Receipt, LedgerPlace Place)> lines, CancellationToken ct)
    {
        foreach (var container in lines.GroupBy(line => line.Receipt.Container, StringComparer.Ordinal))
        {
            await Parallel.ForEachAsync(
                container.GroupBy(line => line.Place.Blob, StringComparer.Ordinal),
                new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = ct },
                async (file, token) =>
                {
                    foreach (var batch in file.Chunk(BatchLines))
                    {
                        await WriteAsync(storage, batch, token);
                    }
                });
        }
    }

    private static async Task WriteAsync(
        DepotStorage storage, (Receipt Receipt, LedgerPlace Place)[] batch, CancellationToken ct)
    {
        var receipts = batch.Select(line => (Table: storage.Receipts, Row: IndexRows.Receipt(line.Receipt, line.Place)));
        var participants = batch.SelectMany(line => IndexRows.Participants(line.Receipt))
            .Select(row => (Table: storage.Participants, Row: row));
        await Parallel.ForEachAsync(
            receipts.Concat(participants).GroupBy(row => (row.Table.Name, row.Row.PartitionKey)),
            new ParallelOptions { MaxDegreeOfParallelism = PartitionsAtOnce, CancellationToken = ct },
            async (partition, token) =>
            {
                foreach (var rows in partition.Chunk(StorageLimits.TransactionRows))
                {
                    var inserts = rows.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row.Row));
                    await rows[0].Table.SubmitTransactionAsync(inserts, token);
                }
            });
    }

    private static async Task<Dictionary<RowKey, TableEntity>> RowsAsync(DepotStorage storage, CancellationToken ct)
    {
        var rows = new Dictionary<RowKey, TableEntity>();
        foreach (var table in new[] { storage.Receipts, storage.Participants })
        {
            await foreach (var row in table.QueryAsync<TableEntity>(cancellationToken: ct))
            {
                rows.Add(new RowKey(table.Name, row.PartitionKey, row.RowKey), row);
            }
        }

        return rows;
    }

    private static bool AreEqual(Dictionary<RowKey, TableEntity> before, Dictionary<RowKey, TableEntity> after) =>
        before.Count == after.Count
        && before.All(row => after.TryGetValue(row.Key, out var rebuilt)
            && IndexRows.Differing(row.Value, rebuilt).Count == 0
            && IndexRows.Place(row.Value) == IndexRows.Place(rebuilt));

    private sealed record RowKey(string Table, string Partition, string Row);
}
