using System.Collections.Immutable;
using MailDepot.Index;
using MailDepot.Storage;

namespace MailDepot.Views;

/// <summary>Reads which archive containers there are, and what each holds.</summary>
public sealed class ContainersView(DepotStorage storage, Counts counts)
{
    /// <summary>Their names, in alphabetical order.</summary>
    public async Task<ImmutableArray<string>> NamesAsync(CancellationToken ct) => [.. await storage.ArchivesAsync(ct).ToListAsync(ct)];

    /// <summary>Whether there is one of this name.</summary>
    public async Task<bool> HasAsync(string name, CancellationToken ct) =>
        await storage.ArchivesAsync(ct).ContainsAsync(name, StringComparer.Ordinal, ct);

    /// <summary>What each holds now, by name.</summary>
    public async Task<ImmutableSortedDictionary<string, ContainerCount>> CountAsync(CancellationToken ct)
    {
        var containers = ImmutableSortedDictionary.CreateBuilder<string, ContainerCount>(StringComparer.Ordinal);
        await foreach (var name in storage.ArchivesAsync(ct))
        {
            containers[name] = await counts.OfAsync(name, ct);
        }

        return containers.ToImmutable();
    }
}
