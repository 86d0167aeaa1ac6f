using Azure;

namespace MailDepot.Storage;

/// <summary>What became of a create-once write. "Already there" is an outcome, not an error: every step may run twice.</summary>
public enum Put
{
    /// <summary>This call made it.</summary>
    Created,

    /// <summary>An earlier call had made it; nothing was changed.</summary>
    AlreadyThere,
}

/// <summary>How storage says that a create-once write came too late.</summary>
public static class AlreadyThere
{
    /// <summary>
    /// 409 is a blob of this name, protected by an immutability policy or not; 412 the same said by the condition. A
    /// lost answer makes the SDK ask again, so it may be our own write that was there before.
    /// </summary>
    public static bool Matches(RequestFailedException refusal) =>
        refusal is { Status: 409 or 412, ErrorCode: "BlobAlreadyExists" or "ConditionNotMet" or "BlobImmutableDueToPolicy" };
}
