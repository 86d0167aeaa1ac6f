namespace MailDepot.Storage;

/// <summary>What became of a create-once write. "Already there" is an outcome, not an error: every step may run twice.</summary>
public enum Put
{
    /// <summary>This call made it.</summary>
    Created,

    /// <summary>An earlier call had made it; nothing was changed.</summary>
    AlreadyThere,
}
