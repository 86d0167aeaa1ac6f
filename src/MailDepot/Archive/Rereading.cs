using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Ledger;

namespace MailDepot.Archive;

/// <summary>Reads the mails of flagged receipts again, with the reader of today.</summary>
/// <remarks>
/// What differs becomes a facts line of the ledger, and then rows; documents are never touched. Interrupted anywhere, the
/// next run ends it: a facts line too many changes nothing. Whether a mail came to where Exchange journals to is told by
/// its receipt, not by the settings of today.
/// </remarks>
public sealed class Rereading(ArchiveReader reader, ReceiptLedger ledger, IndexReader index, IndexWriter writer)
{
    /// <summary>Receipts a page of the list, and at work at a time.</summary>
    private const int PageSize = 200, AtOnce = 4;

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
                page.Mails, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (mail, token) => tell(await TryAsync(mail, token)));
            after = page.Next;
        }
        while (after is not null);
    }

    /// <summary>One that can't be read does not stop the others.</summary>
    private async Task<Reread> TryAsync(ListedMail mail, CancellationToken ct)
    {
        try
        {
            return await RereadAsync(mail, ct);
        }
        catch (Exception e) when (e is InvalidDataException or Azure.RequestFailedException { Status: 404 })
        {
            return new Reread(mail.Id, RereadResult.Failed, mail.Flags, mail.Flags, $"Receipt {mail.Id:D} could not be read again: {Failure.Words(e)}.");
        }
    }

    private async Task<Reread> RereadAsync(ListedMail mail, CancellationToken ct)
    {
        if (await index.FindAsync(mail.Id, ct) is not { } place)
        {
            throw new InvalidDataException("it has no row, which `maildepot index rebuild` mends");
        }

        var before = await ledger.ReadAsync(place, ct);
        var reading = await ArchiveReading.ReadAsync(token => reader.OpenRawAsync(before, token), CameFromJournal(before), ct);
        if (reading.Mail.Sha256 != before.RawSha256)
        {
            throw new InvalidDataException($"storage gave back a mail with SHA-256 {reading.Mail.Sha256}, and the ledger says {before.RawSha256}");
        }

        var facts = reading.FactsOf(before.Id, before.Container, before.Source);
        if (facts.Says(LaterFacts.Of(before)))
        {
            if (mail.Flags != IndexRows.Flags(before))
            {
                await writer.DropFlagsAsync(before, ct); // an earlier run ended before this
            }

            return new Reread(before.Id, RereadResult.Same, IndexRows.Flags(before), IndexRows.Flags(before), null);
        }

        var after = facts.In(before);
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
