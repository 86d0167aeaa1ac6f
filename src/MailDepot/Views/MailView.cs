using System.Collections.Immutable;
using MailDepot.Archive;
using MailDepot.Index;
using MailDepot.Ledger;
using MailDepot.Spool;

namespace MailDepot.Views;

/// <summary>What an id, or its beginning, leads to: a receipt, a deletion, a ticket in quarantine, several ids, or nothing.</summary>
/// <param name="Id">The whole id; null where none begins so, or several do.</param>
public sealed record FoundMail(Guid? Id)
{
    /// <summary>The receipt of this id, or the one that the ticket of this id was folded into.</summary>
    public Receipt? Receipt { get; init; }

    /// <summary>The ticket of this id, where it was the same delivery as the receipt's; null if the receipt is its own.</summary>
    public Guid? FoldedTicket => Receipt is null || Receipt.Id == Id ? null : Id;

    /// <summary>How a person deleted the ticket of this id from quarantine.</summary>
    public DeletedTicket? Deleted { get; init; }

    /// <summary>The ticket of this id is in quarantine, where <see cref="QuarantineView"/> shows it.</summary>
    public bool IsQuarantined { get; init; }

    /// <summary>Where several ids begin so, some of them.</summary>
    public ImmutableArray<Guid> Candidates { get; init; } = [];

    /// <summary>There are others beside the <see cref="Candidates"/>.</summary>
    public bool HasMore { get; init; }
}

/// <summary>One mail: its receipt, and what follows from that.</summary>
/// <param name="Receipt">As the ledger has it, with its last facts.</param>
/// <param name="Participants">Everybody with a role in it, hidden recipients included: for those only who may see them.</param>
/// <param name="FoldedTicket">The ticket that was asked for, where it was folded into this receipt.</param>
/// <param name="Receipts">All receipts of the document, the first one first.</param>
public sealed record ShownMail(
    Receipt Receipt, ImmutableArray<Participant> Participants, Guid? FoldedTicket, ImmutableArray<Guid> Receipts);

/// <summary>Finds and reads one mail.</summary>
public sealed class MailView(
    IndexReader index, ArchiveReader archive, Deliveries deliveries, Deletions deletions, QuarantinedTickets quarantined)
{
    /// <summary>Ids that are named at most where several begin alike.</summary>
    private const int MaxCandidates = 5;

    /// <summary>
    /// Looks for a receipt, then for the one that the ticket was folded into, then for a deletion, then in quarantine.
    /// </summary>
    public async Task<FoundMail> FindAsync(IdPrefix prefix, CancellationToken ct)
    {
        if (prefix.First == prefix.Last)
        {
            return await FindAsync(prefix.First, ct);
        }

        var ids = await index.IdsBetweenAsync(prefix.First, prefix.Last, ct).Take(MaxCandidates + 1).ToListAsync(ct);
        if (ids.Count == 0)
        {
            ids = await quarantined.IdsBetweenAsync(prefix.First, prefix.Last, ct).Take(MaxCandidates + 1).ToListAsync(ct);
        }

        return ids is [var only]
            ? await FindAsync(only, ct)
            : new FoundMail(Id: null) { Candidates = [.. ids.Take(MaxCandidates)], HasMore = ids.Count > MaxCandidates };
    }

    /// <summary>Everything there is to show of a mail that was found.</summary>
    /// <param name="receipt">The receipt that was found.</param>
    /// <param name="foldedTicket">What <see cref="FoundMail.FoldedTicket"/> said.</param>
    /// <param name="ct">Stops.</param>
    public async Task<ShownMail> ShowAsync(Receipt receipt, Guid? foldedTicket, CancellationToken ct) =>
        new(receipt, [.. Participant.Of(receipt)], foldedTicket, [.. await index.ReceiptsOfDocumentAsync(receipt, ct)]);

    private async Task<FoundMail> FindAsync(Guid id, CancellationToken ct)
    {
        var receipt = await archive.FindAsync(id, ct);
        if (receipt is null && await deliveries.FoldedIntoAsync(id, ct) is { } other)
        {
            receipt = await archive.FindAsync(other, ct);
        }

        var deleted = receipt is null ? await deletions.FindAsync(id.ToString("D"), ct) : null;
        return new FoundMail(id)
        {
            Receipt = receipt,
            Deleted = deleted,
            IsQuarantined = receipt is null && deleted is null && await quarantined.IdsBetweenAsync(id, id, ct).AnyAsync(ct),
        };
    }
}
