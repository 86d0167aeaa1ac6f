using System.Collections.Immutable;
using MailDepot.Index;

namespace MailDepot.Views;

/// <summary>The whole depot at a glance.</summary>
/// <param name="Queue">What waits.</param>
/// <param name="Containers">What is archived, by archive container.</param>
public sealed record DepotStatus(TicketQueue Queue, ImmutableSortedDictionary<string, ContainerCount> Containers);

/// <summary>Reads the depot's status.</summary>
public sealed class StatusView(QueuesView queues, ContainersView containers)
{
    /// <summary>What waits now, and what each archive container holds.</summary>
    public async Task<DepotStatus> ReadAsync(CancellationToken ct) => new(await queues.TicketsAsync(ct), await containers.CountAsync(ct));
}
