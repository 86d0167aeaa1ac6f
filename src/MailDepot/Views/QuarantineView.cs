using System.Collections.Immutable;
using MailDepot.Archive;
using MailDepot.Ledger;
using MailDepot.Spool;

namespace MailDepot.Views;

/// <summary>A ticket in quarantine, and what its first line says.</summary>
/// <param name="Ticket">Null if its first line is no ticket that this version reads.</param>
public sealed record ShownTicket(QuarantinedTicket Held, Ticket? Ticket);

/// <summary>Finds and reads tickets in quarantine.</summary>
/// <remarks>What people do with them is in <see cref="QuarantinedTickets"/> and <see cref="QuarantineDeletion"/>.</remarks>
public sealed class QuarantineView(QuarantinedTickets tickets, Deletions deletions)
{
    /// <summary>Everything that is there, by day of arrival.</summary>
    public async Task<ImmutableArray<QuarantinedTicket>> ListAsync(CancellationToken ct) =>
        [.. await tickets.ListAsync(ct).ToListAsync(ct)];

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
        new(held, await tickets.TicketAsync(held, ct));

    /// <summary>How a person deleted the ticket of this id or name; null if nobody did, or it is in quarantine again.</summary>
    public Task<DeletedTicket?> DeletionAsync(string idOrName, CancellationToken ct) =>
        deletions.FindAsync(idOrName[(idOrName.LastIndexOf('/') + 1)..], ct);
}
