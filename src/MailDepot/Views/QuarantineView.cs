using System.Collections.Immutable;
using MailDepot.Archive;
using MailDepot.Base;
using MailDepot.Ledger;
using MailDepot.Spool;

namespace MailDepot.Views;

/// <summary>A ticket in quarantine, as a list shows it.</summary>
/// <param name="Id">The ticket's id, or the SHA-256 of a message without one.</param>
/// <param name="Name">The blob's name.</param>
/// <param name="Since">When it was put there, or last put there again.</param>
/// <param name="Reason">Why it is there: a <see cref="QuarantineReason"/> in kebab case, as flags are shown.</param>
/// <param name="Sentence">The reason in words.</param>
/// <param name="Bytes">Size of the ticket with its mail, compressed.</param>
public sealed record ListedTicket(string Id, string Name, DateTimeOffset Since, string Reason, string Sentence, long Bytes);

/// <summary>A ticket in quarantine, and what its first line says.</summary>
/// <param name="Held">As a list shows it.</param>
/// <param name="Ticket">Null if its first line is no ticket that this version reads.</param>
public sealed record ShownTicket(ListedTicket Held, Ticket? Ticket);

/// <summary>Finds and reads tickets in quarantine.</summary>
/// <remarks>What people do with them is in <see cref="QuarantinedTickets"/> and <see cref="QuarantineDeletion"/>.</remarks>
public sealed class QuarantineView(QuarantinedTickets tickets, Deletions deletions)
{
    /// <summary>Everything that is there, by day of arrival.</summary>
    public async Task<ImmutableArray<ListedTicket>> ListAsync(CancellationToken ct) =>
        [.. await tickets.ListAsync(ct).Select(Listed).ToListAsync(ct)];

    /// <summary>
    /// The ticket of this id or name; else those whose id begins so, or none if the beginning is shorter than an
    /// <see cref="IdPrefix"/>.
    /// </summary>
    public async Task<ImmutableArray<QuarantinedTicket>> FindAsync(string idOrStart, CancellationToken ct)
    {
        if (await tickets.FindAsync(idOrStart, ct) is { } exact)
        {
            return [exact];
        }

        return idOrStart.Count(char.IsAsciiHexDigit) < IdPrefix.MinDigits
            ? []
            : [.. await tickets.ListAsync(ct)
                .Where(held => held.Id.StartsWith(idOrStart, StringComparison.OrdinalIgnoreCase))
                .ToListAsync(ct)];
    }

    /// <summary>Everything there is to show of a ticket that was found.</summary>
    public async Task<ShownTicket> ShowAsync(QuarantinedTicket held, CancellationToken ct) =>
        new(Listed(held), await tickets.TicketAsync(held, ct));

    /// <summary>How a person deleted the ticket of this id or name; null if nobody did, or it is in quarantine again.</summary>
    public Task<DeletedTicket?> DeletionAsync(string idOrName, CancellationToken ct) =>
        deletions.FindAsync(idOrName[(idOrName.LastIndexOf('/') + 1)..], ct);

    private static ListedTicket Listed(QuarantinedTicket held) =>
        new(held.Id, held.Name, held.Since, DepotJson.Word(held.Reason), held.Sentence, held.Bytes);
}
