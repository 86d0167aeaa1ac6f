using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using MailDepot.Ledger;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Compares ledger, rows and documents, and makes the rows right again in place, while mail keeps coming.</summary>
/// <remarks>
/// Reads the few facts lines, then walks the files of the ledger side by side and writes what is missing or differs; then walks the rows and takes out
/// those that no line explains; then rolls up again. Memory is bounded: a batch of lines a file, a filter of at most
/// 64 MiB, the hours, and the places of facts lines. Interrupted anywhere, the next run ends it. Duplicates that were folded have no line: their
/// number is not rebuilt.
/// </remarks>
public sealed class IndexRepair(DepotStorage storage, ReceiptLedger ledger, Counts counts, DirtyHours dirtyHours, TimeProvider clock)
{
    /// <summary>Files at work at a time.</summary>
    private const int FilesAtOnce = 4;

    /// <summary>Lines, and their octets, that are compared together.</summary>
    private const int BatchLines = 500, BatchBytes = 1024 * 1024;

    /// <summary>Documents asked for at a time, a batch.</summary>
    private const int DocumentsAtOnce = 8;

    /// <summary>Sentences remembered so that two lines of one receipt tell the same only once.</summary>
    private const int Remembered = 10_000;

    /// <summary>How old a row is at least that is taken out, and a file of the ledger at least whose rows must all be there.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromHours(1);

    /// <summary>An archiver at work gets this long to write the rows of its line, before a check tells that they are missing.</summary>
    private static readonly TimeSpan RowsFollowWithin = TimeSpan.FromSeconds(2);

    /// <summary>Names every difference; writes nothing.</summary>
    /// <param name="container">The archive container.</param>
    /// <param name="tell">Called for each, one at a time.</param>
    /// <param name="progress">Called after each batch of lines, by any thread, and then at the first row and after each thousand.</param>
    /// <returns>What was walked.</returns>
    public Task<RepairProgress> CheckAsync(string container, Action<IndexDifference> tell, Action<RepairProgress> progress, CancellationToken ct) =>
        RunAsync(container, mend: false, tell, progress, ct);

    /// <summary>Names every difference and mends it, but for lines that can't be read; does not ask for documents.</summary>
    /// <inheritdoc cref="CheckAsync" path="/param"/>
    /// <inheritdoc cref="CheckAsync" path="/returns"/>
    public async Task<RepairProgress> RebuildAsync(string container, Action<IndexDifference> tell, Action<RepairProgress> progress, CancellationToken ct)
    {
        var done = await RunAsync(container, mend: true, tell, progress, ct);
        await counts.RollUpAsync(container, ct);
        return done;
    }

    private async Task<RepairProgress> RunAsync(string container, bool mend, Action<IndexDifference> tell, Action<RepairProgress> progress, CancellationToken ct)
    {
        var started = clock.GetUtcNow();
        var run = new Run(tell, progress);
        long bytes = 0;
        await foreach (var file in ledger.FilesAsync(container, ct))
        {
            bytes += file.Bytes;
        }

        run.Begin(bytes);
        var expected = new ExpectedRows(bytes);
        var facts = await ledger.LastFactsAsync(container, place => run.Tell(IndexDifference.NoReceipt(container, place)), ct);
        await new DeletionRepair(storage, ledger).CompareAsync(container, mend, run.Tell, ct);
        await Parallel.ForEachAsync(
            ledger.FilesAsync(container, ct),
            new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = ct },
            async (file, token) =>
            {
                if (file.HoldsReceipts)
                {
                    await WalkAsync(container, file, facts, expected, mend, run, token);
                }
                else
                {
                    run.Walked(0, file.Bytes);
                }
            });

        // A line that can't be read may explain any row.
        if (!run.HasUnreadable)
        {
            await new RowSweep(storage, counts, dirtyHours, expected, started - Settled, mend, run.Tell, run.Swept).RunAsync(container, ct);
        }

        return run.Done;
    }

    private async Task WalkAsync(string container, LedgerFile file, IReadOnlyDictionary<Guid, LedgerPlace> facts, ExpectedRows expected, bool mend, Run run, CancellationToken ct)
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
                    batch.Add(new(last is null ? receipt : (await ledger.ReadFactsAsync(container, last, ct)).ApplyTo(receipt), place, last));
                }
            }
            catch (InvalidDataException)
            {
                run.Tell(IndexDifference.NoReceipt(container, place));
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
            await this.CompareAsync(container, file, batch, expected, mend, run, ct);
            run.Walked(batch.Count, bytes);
            batch.Clear();
            bytes = 0;
        }
    }

    private async Task CompareAsync(
        string container, LedgerFile file, List<WalkedLine> batch, ExpectedRows expected, bool mend, Run run, CancellationToken ct)
    {
        if (mend)
        {
            await new LineRepair(storage, ledger, expected, mend, run.Tell).CompareAsync(batch, ct);
            return;
        }

        var told = new ConcurrentQueue<IndexDifference>();
        await new LineRepair(storage, ledger, expected, mend, told.Enqueue).CompareAsync(batch, ct);
        if (!told.IsEmpty && clock.GetUtcNow() - file.LastAppend < Settled)
        {
            told.Clear();
            await Task.Delay(RowsFollowWithin, clock, ct);
            await new LineRepair(storage, ledger, expected, mend, told.Enqueue).CompareAsync(batch, ct);
        }

        foreach (var difference in told)
        {
            run.Tell(difference);
        }

        var archive = storage.Archive(container);
        await Parallel.ForEachAsync(
            batch.Select(line => line.Receipt).DistinctBy(receipt => receipt.Document.Path, StringComparer.Ordinal),
            new ParallelOptions { MaxDegreeOfParallelism = DocumentsAtOnce, CancellationToken = ct },
            async (receipt, token) => await AskForDocumentAsync(archive, receipt, run, token));
    }

    private static async Task AskForDocumentAsync(BlobContainerClient archive, Receipt receipt, Run run, CancellationToken ct)
    {
        if (!await archive.GetBlobClient(receipt.Document.Path).ExistsAsync(ct))
        {
            run.Tell(IndexDifference.NoDocument(receipt));
        }
    }

    /// <summary>What one run told and walked.</summary>
    private sealed class Run(Action<IndexDifference> tell, Action<RepairProgress> progress)
    {
        private readonly Lock gate = new();
        private readonly HashSet<string> said = new(StringComparer.Ordinal);

        /// <summary>A page of a table's answer.</summary>
        private const int RowsPerStep = 1_000;

        public RepairProgress Done { get; private set; } = new(0, 0, 0, 0);

        public bool HasUnreadable { get; private set; }

        public void Begin(long ledgerBytes) => Done = Done with { LedgerBytes = ledgerBytes };

        public void Tell(IndexDifference difference)
        {
            lock (gate)
            {
                HasUnreadable |= difference.Kind is IndexDifferenceKind.LineUnreadable;
                if (said.Contains(difference.Text))
                {
                    return;
                }

                if (said.Count < Remembered)
                {
                    said.Add(difference.Text);
                }

                Done = Done with { Differences = Done.Differences + 1 };
                tell(difference);
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

/// <summary>How far a check or rebuild is.</summary>
/// <param name="Lines">Lines compared.</param>
/// <param name="WalkedBytes">Their octets.</param>
/// <param name="LedgerBytes">Octets of the ledger when the walk began; it may grow meanwhile.</param>
/// <param name="Differences">Differences told.</param>
/// <param name="SweptRows">Rows looked at after the walk, whether a line explains them; how many there are nobody knows before.</param>
public sealed record RepairProgress(long Lines, long WalkedBytes, long LedgerBytes, long Differences, long SweptRows = 0);
