using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Compares ledger, rows and documents, and repairs the rows in place while mail keeps arriving.</summary>
/// <remarks>
/// First reads the few facts lines, then walks the ledger files in parallel and writes what is missing or differs; then walks the
/// rows and deletes those that no line explains; then rolls up. Memory is bounded: a batch of lines per file, a filter of at most
/// 64 MiB, the hours, and the places of the facts lines. After an interruption the next run finishes the work. Folded duplicates
/// have no line, so their number is not rebuilt.
/// </remarks>
public sealed class IndexRepair(DepotStorage storage, ReceiptLedger ledger, Counts counts, DirtyHours dirtyHours, TimeProvider clock)
{
    /// <summary>Files processed at a time.</summary>
    private const int FilesAtOnce = 4;

    /// <summary>Limits of a batch of lines that are compared together.</summary>
    private const int BatchLines = 500, BatchBytes = 1024 * 1024;

    /// <summary>Documents checked at a time, per batch.</summary>
    private const int DocumentsAtOnce = 8;

    /// <summary>Sentences remembered, so that two lines of one receipt report the same difference only once.</summary>
    private const int MaxRemembered = 10_000;

    /// <summary>Minimum age of a row to be deleted, and of a ledger file whose rows must all exist.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromHours(1);

    /// <summary>How long a check waits for a running archiver to write the rows of its line before it reports them as missing.</summary>
    private static readonly TimeSpan RowsFollowWithin = TimeSpan.FromSeconds(2);

    /// <summary>Reports every difference; writes nothing.</summary>
    /// <param name="container">The archive container.</param>
    /// <param name="report">Called for each difference, one at a time.</param>
    /// <param name="progress">Called on any thread after each batch of lines, then for the first row and every thousandth.</param>
    /// <returns>The totals.</returns>
    public Task<RepairProgress> CheckAsync(
        string container, Action<IndexDifference> report, Action<RepairProgress> progress, CancellationToken ct) =>
        RunAsync(container, repair: false, report, progress, ct);

    /// <summary>Reports and repairs every difference, except unreadable lines; does not check documents.</summary>
    /// <inheritdoc cref="CheckAsync" path="/param"/>
    /// <inheritdoc cref="CheckAsync" path="/returns"/>
    public async Task<RepairProgress> RebuildAsync(
        string container, Action<IndexDifference> report, Action<RepairProgress> progress, CancellationToken ct)
    {
        var done = await RunAsync(container, repair: true, report, progress, ct);
        await counts.RollUpAsync(container, ct);
        return done;
    }

    private async Task<RepairProgress> RunAsync(
        string container, bool repair, Action<IndexDifference> report, Action<RepairProgress> progress, CancellationToken ct)
    {
        var started = clock.GetUtcNow();
        var run = new Run(report, progress);
        long bytes = 0;
        await foreach (var file in ledger.FilesAsync(container, ct))
        {
            bytes += file.Bytes;
        }

        run.Begin(bytes);
        var expected = new ExpectedRows(bytes);
        var facts = await ledger.LastFactsAsync(container, place => run.Report(IndexDifference.Unreadable(container, place)), ct);
        await new DeletionRepair(storage, ledger).CompareAsync(container, repair, run.Report, ct);
        await Parallel.ForEachAsync(
            ledger.FilesAsync(container, ct),
            new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = ct },
            async (file, token) =>
            {
                if (file.HoldsReceipts)
                {
                    await WalkAsync(container, file, facts, expected, repair, run, token);
                }
                else
                {
                    run.Walked(0, file.Bytes);
                }
            });

        // An unreadable line may explain any row.
        if (!run.HasUnreadable)
        {
            var sweep = new RowSweep(storage, counts, dirtyHours, expected, started - Settled, repair, run.Report, run.Swept);
            await sweep.RunAsync(container, ct);
        }

        return run.Done;
    }

    private async Task WalkAsync(
        string container, LedgerFile file, IReadOnlyDictionary<Guid, LedgerPlace> facts, ExpectedRows expected, bool repair, Run run,
        CancellationToken ct)
    {
        var batch = new List<WalkedLine>();
        var bytes = 0;
        await foreach (var (place, line) in ledger.ReadFileAsync(container, file.Name, ct))
        {
            try
            {
                if (LedgerLine.ReadOrSkip(line.Span) is { } receipt)
                {
                    var last = facts.GetValueOrDefault(receipt.Id);
                    var current = last is null ? receipt : (await ledger.ReadFactsAsync(container, last, ct)).ApplyTo(receipt);
                    batch.Add(new(current, place, last));
                }
            }
            catch (InvalidDataException)
            {
                run.Report(IndexDifference.Unreadable(container, place));
            }

            bytes += line.Length;
            if (batch.Count == BatchLines || bytes >= BatchBytes)
            {
                await CompareAsync();
            }
        }

        await CompareAsync();

        async Task CompareAsync()
        {
            await this.CompareAsync(container, file, batch, expected, repair, run, ct);
            run.Walked(batch.Count, bytes);
            batch.Clear();
            bytes = 0;
        }
    }

    private async Task CompareAsync(
        string container, LedgerFile file, List<WalkedLine> batch, ExpectedRows expected, bool repair, Run run, CancellationToken ct)
    {
        if (repair)
        {
            await new LineRepair(storage, ledger, expected, repair, run.Report).CompareAsync(batch, ct);
            return;
        }

        var differences = new ConcurrentQueue<IndexDifference>();
        await new LineRepair(storage, ledger, expected, repair, differences.Enqueue).CompareAsync(batch, ct);
        if (!differences.IsEmpty && clock.GetUtcNow() - file.LastAppend < Settled)
        {
            differences.Clear();
            await Task.Delay(RowsFollowWithin, clock, ct);
            await new LineRepair(storage, ledger, expected, repair, differences.Enqueue).CompareAsync(batch, ct);
        }

        foreach (var difference in differences)
        {
            run.Report(difference);
        }

        var archive = storage.Archive(container);
        await Parallel.ForEachAsync(
            batch.Select(line => line.Receipt).DistinctBy(receipt => receipt.Document.Path, StringComparer.Ordinal),
            new ParallelOptions { MaxDegreeOfParallelism = DocumentsAtOnce, CancellationToken = ct },
            async (receipt, token) => await CheckDocumentAsync(archive, receipt, run, token));
    }

    private static async Task CheckDocumentAsync(BlobContainerClient archive, Receipt receipt, Run run, CancellationToken ct)
    {
        if (!await archive.GetBlobClient(receipt.Document.Path).ExistsAsync(ct))
        {
            run.Report(IndexDifference.NoDocument(receipt));
        }
    }

    /// <summary>Collects the differences and the progress of one run.</summary>
    private sealed class Run(Action<IndexDifference> report, Action<RepairProgress> progress)
    {
        private readonly Lock gate = new();
        private readonly HashSet<string> reported = new(StringComparer.Ordinal);

        /// <summary>Rows between two progress reports: one page of a table query.</summary>
        private const int RowsPerStep = 1_000;

        public RepairProgress Done { get; private set; } = new(0, 0, 0, 0);

        public bool HasUnreadable { get; private set; }

        public void Begin(long ledgerBytes) => Done = Done with { LedgerBytes = ledgerBytes };

        public void Report(IndexDifference difference)
        {
            lock (gate)
            {
                HasUnreadable |= difference.Kind is IndexDifferenceKind.LineUnreadable;
                if (reported.Contains(difference.Text))
                {
                    return;
                }

                if (reported.Count < MaxRemembered)
                {
                    reported.Add(difference.Text);
                }

                Done = Done with { Differences = Done.Differences + 1 };
                report(difference);
            }
        }

        public void Walked(int lines, long bytes)
        {
            lock (gate)
            {
                Done = Done with { Lines = Done.Lines + lines, WalkedBytes = Done.WalkedBytes + bytes };
                progress(Done);
            }
        }

        public void Swept()
        {
            lock (gate)
            {
                Done = Done with { SweptRows = Done.SweptRows + 1 };
                if (Done.SweptRows == 1 || Done.SweptRows % RowsPerStep == 0)
                {
                    progress(Done);
                }
            }
        }
    }
}

/// <summary>Progress of a check or rebuild.</summary>
/// <param name="Lines">Lines compared so far.</param>
/// <param name="WalkedBytes">Size of these lines.</param>
/// <param name="LedgerBytes">Size of the ledger when the walk began; it may grow meanwhile.</param>
/// <param name="Differences">Differences reported so far.</param>
/// <param name="SweptRows">Rows examined after the walk for lines that explain them; their total is not known in advance.</param>
public sealed record RepairProgress(long Lines, long WalkedBytes, long LedgerBytes, long Differences, long SweptRows = 0);
