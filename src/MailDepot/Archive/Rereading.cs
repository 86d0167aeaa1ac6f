using System.Collections.Concurrent;
using System.Collections.Immutable;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Rereads, with the current reader, the mails of flagged receipts or of those read by an earlier reader.</summary>
/// <remarks>
/// Changed facts become a facts line of the ledger, then rows; documents are never touched. After an interruption the next run
/// finishes the work: an extra facts line changes nothing. Whether a mail came to a journal address is decided by its receipt,
/// not by the current settings.
/// </remarks>
public sealed class Rereading(
    ArchiveReader reader, ReceiptLedger ledger, IndexReader index, IndexWriter writer, DepotStorage storage, TimeProvider clock)
{
    /// <summary>Receipts per page of the list, and in progress at a time.</summary>
    private const int PageSize = 200, AtOnce = 4;

    /// <summary>A ledger file that has not grown for this long will not grow again: writers start a new one each hour.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromHours(2);

    /// <summary>Rereads every flagged receipt of an archive container, newest first.</summary>
    /// <param name="container">The archive container.</param>
    /// <param name="report">Called for each receipt, on any thread.</param>
    /// <param name="ct">If cancelled, running again is harmless.</param>
    public async Task RereadFlaggedAsync(string container, Action<Reread> report, CancellationToken ct)
    {
        Guid? after = null;
        do
        {
            var page = await index.ListFlaggedAsync(null, container, PageSize, after, ct);
            await Parallel.ForEachAsync(
                page.Mails, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct },
                async (mail, token) => report((await TryAsync(mail.Id, mail.Flags, onlyOlder: false, token))!));
            after = page.Next;
        }
        while (after is not null);
    }

    /// <summary>Rereads every receipt of an archive container that an earlier reader read, oldest first.</summary>
    /// <remarks>
    /// The ledger says which version read each receipt, so only older ones need their rows and documents. Progress is saved after
    /// each page (<see cref="RereadCheckpoint"/>), so receipts with unchanged facts need no line of their own.
    /// </remarks>
    /// <inheritdoc cref="RereadFlaggedAsync" path="/param"/>
    public async Task RereadOlderAsync(string container, Action<Reread> report, CancellationToken ct)
    {
        var checkpoint = await RereadCheckpoint.ReadAsync(storage, container, ct);
        checkpoint = checkpoint with { Failed = await RereadOlderAsync(checkpoint.Failed, report, ct) };
        var (settledBefore, isSettled) = (clock.GetUtcNow() - Settled, true);
        await foreach (var file in ledger.FilesAsync(container, ct).Where(file => file.HoldsReceipts && !checkpoint.IsPast(file)))
        {
            isSettled &= file.LastAppend < settledBefore;
            foreach (var page in (await LinesAsync(container, file, checkpoint, ct)).Chunk(PageSize))
            {
                var older = page.Where(line => line.Reader < MailReader.Version).Select(line => line.Id).Distinct();
                var failed = await RereadOlderAsync([.. older], report, ct);
                checkpoint = new RereadCheckpoint(page[^1].Place, [.. checkpoint.Failed.Union(failed)]);
                if (isSettled)
                {
                    await checkpoint.WriteAsync(storage, container, ct);
                }
            }
        }
    }

    /// <summary>The receipts of a file after the checkpoint. Damaged lines are skipped: `index check` names them.</summary>
    private async Task<List<(LedgerPlace Place, Guid Id, int Reader)>> LinesAsync(
        string container, LedgerFile file, RereadCheckpoint checkpoint, CancellationToken ct)
    {
        var lines = new List<(LedgerPlace Place, Guid Id, int Reader)>();
        await foreach (var (place, line) in ledger.ReadFileAsync(container, file.Name, ct))
        {
            if (!checkpoint.Covers(place) && LedgerLine.TryRead(line.Span) is { } receipt)
            {
                lines.Add((place, receipt.Id, receipt.Reader));
            }
        }

        return lines;
    }

    /// <summary>Returns the receipts that could not be read.</summary>
    private async Task<ImmutableArray<Guid>> RereadOlderAsync(ImmutableArray<Guid> ids, Action<Reread> report, CancellationToken ct)
    {
        var failed = new ConcurrentBag<Guid>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(ids, parallel, async (id, token) =>
        {
            if (await TryAsync(id, flags: null, onlyOlder: true, token) is { } one)
            {
                report(one);
                if (one.Result is RereadResult.Failed)
                {
                    failed.Add(id);
                }
            }
        });
        return [.. failed];
    }

    /// <summary>Rereads a receipt; one that fails does not stop the others.</summary>
    /// <returns>Null if only older receipts are wanted and this version already read it.</returns>
    private async Task<Reread?> TryAsync(Guid id, string? flags, bool onlyOlder, CancellationToken ct)
    {
        try
        {
            if (await index.FindAsync(id, ct) is not { } place)
            {
                throw new InvalidDataException("it has no row; `maildepot index rebuild` restores it");
            }

            var before = await ledger.ReadAsync(place, ct);
            if (!onlyOlder || before.Reader < MailReader.Version)
            {
                return await RereadAsync(before, place, onlyOlder ? IndexRows.Flags(before) : flags, ct);
            }

            await writer.DropFlagsAsync(before, ct); // an earlier run may have stopped before this
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or Azure.RequestFailedException { Status: 404 })
        {
            return new Reread(id, RereadResult.Failed, flags, flags, $"Receipt {id:D} could not be read again: {Failure.Describe(e)}.");
        }
    }

    /// <param name="before">The receipt with the facts its rows were made from.</param>
    /// <param name="place">Its place in the ledger.</param>
    /// <param name="listed">The flags it is listed with.</param>
    private async Task<Reread> RereadAsync(Receipt before, ReceiptPlace place, string? listed, CancellationToken ct)
    {
        var reading = await ArchiveReading.ReadAsync(token => reader.OpenRawAsync(before, token), CameFromJournal(before), ct);
        if (reading.Mail.Sha256 != before.RawSha256)
        {
            throw new InvalidDataException(
                $"storage returned a mail with SHA-256 {reading.Mail.Sha256}, but the ledger says {before.RawSha256}");
        }

        var facts = reading.FactsOf(before.Id, before.Container, before.Source);
        if (facts.SameAs(LaterFacts.Of(before)))
        {
            if (listed != IndexRows.Flags(before))
            {
                await writer.DropFlagsAsync(before, ct); // an earlier run stopped before this
            }

            return new Reread(before.Id, RereadResult.Same, IndexRows.Flags(before), IndexRows.Flags(before), null);
        }

        var after = facts.ApplyTo(before);
        await writer.ChangeAsync(before, after, place with { Facts = await ledger.AppendAsync(facts, ct) }, ct);
        return new Reread(before.Id, RereadResult.Changed, IndexRows.Flags(before), IndexRows.Flags(after), after.Doubt);
    }

    /// <summary>Stays true after any reading: mail to a journal address either is a report or has the flag that it is not.</summary>
    private static bool CameFromJournal(Receipt receipt) => receipt.Journal is not null || receipt.Flags.Contains(ReceiptFlag.NoReport);
}

/// <summary>The result of rereading a receipt.</summary>
/// <param name="Id">The receipt's id.</param>
/// <param name="Result">What changed.</param>
/// <param name="Before">Its flags before; null for none.</param>
/// <param name="After">Its flags now; null for none.</param>
/// <param name="Doubt">Why it is still flagged, or why it could not be read, in one sentence.</param>
public sealed record Reread(Guid Id, RereadResult Result, string? Before, string? After, string? Doubt);

/// <summary>What rereading a mail changed.</summary>
public enum RereadResult
{
    /// <summary>The facts are the same.</summary>
    Same,

    /// <summary>The facts differ; the new ones are in the ledger and in the rows.</summary>
    Changed,

    /// <summary>The mail could not be read; nothing was changed.</summary>
    Failed,
}
