using System.Collections.Concurrent;
using System.Collections.Immutable;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Mail;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Reads the mails of flagged receipts, or of those that an earlier reader read, again with the reader of today.</summary>
/// <remarks>
/// What differs becomes a facts line of the ledger, and then rows; documents are never touched. Interrupted anywhere, the
/// next run ends it: a facts line too many changes nothing. Whether a mail came to where Exchange journals to is told by
/// its receipt, not by the settings of today.
/// </remarks>
public sealed class Rereading(ArchiveReader reader, ReceiptLedger ledger, IndexReader index, IndexWriter writer, DepotStorage storage, TimeProvider clock)
{
    /// <summary>Receipts a page of the list, and at work at a time.</summary>
    private const int PageSize = 200, AtOnce = 4;

    /// <summary>A file of the ledger that has not grown for so long grows no more: its writers begin another each hour.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromHours(2);

    /// <summary>Reads every flagged receipt of an archive container again, newest first.</summary>
    /// <param name="container">The archive container.</param>
    /// <param name="tell">Called for each, by any thread.</param>
    /// <param name="ct">Stops; running again is harmless.</param>
    public async Task RereadFlaggedAsync(string container, Action<Reread> tell, CancellationToken ct)
    {
        Guid? after = null;
        do
        {
            var page = await index.ListFlaggedAsync(null, container, PageSize, after, ct);
            await Parallel.ForEachAsync(
                page.Mails, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct },
                async (mail, token) => tell((await TryAsync(mail.Id, mail.Flags, onlyOlder: false, token))!));
            after = page.Next;
        }
        while (after is not null);
    }

    /// <summary>Reads every receipt of an archive container again that an earlier reader read, oldest first.</summary>
    /// <remarks>
    /// The ledger says by which version each was read, so the walk asks for rows and documents of those only. How far it has
    /// come is written down after each page (<see cref="RereadCheckpoint"/>): what was found the same needs no line of its own.
    /// </remarks>
    /// <inheritdoc cref="RereadFlaggedAsync" path="/param"/>
    public async Task RereadOlderAsync(string container, Action<Reread> tell, CancellationToken ct)
    {
        var checkpoint = await RereadCheckpoint.ReadAsync(storage, container, ct);
        checkpoint = checkpoint with { Failed = await RereadOlderAsync(checkpoint.Failed, tell, ct) };
        var (settledBefore, isSettled) = (clock.GetUtcNow() - Settled, true);
        await foreach (var file in ledger.FilesAsync(container, ct).Where(file => file.HoldsReceipts && !checkpoint.IsPast(file)))
        {
            isSettled &= file.LastAppend < settledBefore;
            foreach (var page in (await LinesAsync(container, file, checkpoint, ct)).Chunk(PageSize))
            {
                var failed = await RereadOlderAsync([.. page.Where(line => line.Reader < MailReader.Version).Select(line => line.Id).Distinct()], tell, ct);
                checkpoint = new RereadCheckpoint(page[^1].Place, [.. checkpoint.Failed.Union(failed)]);
                if (isSettled)
                {
                    await checkpoint.WriteAsync(storage, container, ct);
                }
            }
        }
    }

    /// <summary>The receipts of a file behind the checkpoint. What is no receipt is for `index check` to name.</summary>
    private async Task<List<(LedgerPlace Place, Guid Id, int Reader)>> LinesAsync(string container, LedgerFile file, RereadCheckpoint checkpoint, CancellationToken ct)
    {
        var lines = new List<(LedgerPlace Place, Guid Id, int Reader)>();
        await foreach (var (place, line) in ledger.ReadFileAsync(container, file.Name, ct))
        {
            try
            {
                if (!checkpoint.Covers(place) && LedgerLine.Read(line.Span) is var receipt)
                {
                    lines.Add((place, receipt.Id, receipt.Reader));
                }
            }
            catch (InvalidDataException)
            {
                // nothing to read again
            }
        }

        return lines;
    }

    /// <summary>Returns those that could not be read.</summary>
    private async Task<ImmutableArray<Guid>> RereadOlderAsync(ImmutableArray<Guid> ids, Action<Reread> tell, CancellationToken ct)
    {
        var failed = new ConcurrentBag<Guid>();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (id, token) =>
        {
            if (await TryAsync(id, flags: null, onlyOlder: true, token) is { } one)
            {
                tell(one);
                if (one.Result is RereadResult.Failed)
                {
                    failed.Add(id);
                }
            }
        });
        return [.. failed];
    }

    /// <summary>One that can't be read does not stop the others. Null if it was read by this version already, and only older ones are asked for.</summary>
    private async Task<Reread?> TryAsync(Guid id, string? flags, bool onlyOlder, CancellationToken ct)
    {
        try
        {
            if (await index.FindAsync(id, ct) is not { } place)
            {
                throw new InvalidDataException("it has no row, which `maildepot index rebuild` mends");
            }

            var before = await ledger.ReadAsync(place, ct);
            if (!onlyOlder || before.Reader < MailReader.Version)
            {
                return await RereadAsync(before, place, onlyOlder ? IndexRows.Flags(before) : flags, ct);
            }

            await writer.DropFlagsAsync(before, ct); // an earlier run may have ended before this
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or Azure.RequestFailedException { Status: 404 })
        {
            return new Reread(id, RereadResult.Failed, flags, flags, $"Receipt {id:D} could not be read again: {Failure.Describe(e)}.");
        }
    }

    /// <param name="before">With the facts that its rows were made from.</param>
    /// <param name="place">Where the ledger has it.</param>
    /// <param name="listed">The flags that it is listed with.</param>
    private async Task<Reread> RereadAsync(Receipt before, ReceiptPlace place, string? listed, CancellationToken ct)
    {
        var reading = await ArchiveReading.ReadAsync(token => reader.OpenRawAsync(before, token), CameFromJournal(before), ct);
        if (reading.Mail.Sha256 != before.RawSha256)
        {
            throw new InvalidDataException($"storage gave back a mail with SHA-256 {reading.Mail.Sha256}, and the ledger says {before.RawSha256}");
        }

        var facts = reading.FactsOf(before.Id, before.Container, before.Source);
        if (facts.SameAs(LaterFacts.Of(before)))
        {
            if (listed != IndexRows.Flags(before))
            {
                await writer.DropFlagsAsync(before, ct); // an earlier run ended before this
            }

            return new Reread(before.Id, RereadResult.Same, IndexRows.Flags(before), IndexRows.Flags(before), null);
        }

        var after = facts.ApplyTo(before);
        await writer.ChangeAsync(before, after, place with { Facts = await ledger.AppendAsync(facts, ct) }, ct);
        return new Reread(before.Id, RereadResult.Changed, IndexRows.Flags(before), IndexRows.Flags(after), after.Doubt);
    }

    /// <summary>No reading loses this: who came there is a report, or flagged that it is none.</summary>
    private static bool CameFromJournal(Receipt receipt) => receipt.Journal is not null || receipt.Flags.Contains(ReceiptFlag.NoReport);
}

/// <summary>A receipt that was read again.</summary>
/// <param name="Id">The receipt's id.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Before">Its flags before, in words; null for none.</param>
/// <param name="After">Its flags now.</param>
/// <param name="Doubt">Why it is still flagged, or why it could not be read, in one sentence.</param>
public sealed record Reread(Guid Id, RereadResult Result, string? Before, string? After, string? Doubt);

/// <summary>What came of another reading.</summary>
public enum RereadResult
{
    /// <summary>It found the same.</summary>
    Same,

    /// <summary>It found other facts; they are in the ledger, and in the rows.</summary>
    Changed,

    /// <summary>The mail could not be read; nothing was changed.</summary>
    Failed,
}
