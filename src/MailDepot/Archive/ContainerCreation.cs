using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>What became of a wish for an archive container.</summary>
public enum ContainerOutcome
{
    /// <summary>It is there now.</summary>
    Created,

    /// <summary>It was there; nothing was changed.</summary>
    AlreadyThere,

    /// <summary>The account is on Azure: the template creates it, with its retention.</summary>
    Template,
}

/// <summary>Creates archive containers for a person on this machine. On Azure our identities may not.</summary>
public sealed class ContainerCreation(DepotStorage storage)
{
    /// <summary>The storage account that has the archive containers.</summary>
    public string Account => storage.ArchiveAccount;

    /// <summary>Creates one, if it may; asking again is harmless.</summary>
    public async Task<ContainerOutcome> CreateAsync(string name, CancellationToken ct) =>
        !storage.IsLocal ? ContainerOutcome.Template
        : await storage.CreateArchiveAsync(name, ct) is Put.Created ? ContainerOutcome.Created
        : ContainerOutcome.AlreadyThere;
}
