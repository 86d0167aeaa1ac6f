using Azure;

namespace MailDepot.Storage;

/// <summary>The outcome of a create-once write. "Already there" is not an error, because every step may run twice.</summary>
public enum Put
{
    /// <summary>This call created it.</summary>
    Created,

    /// <summary>It already existed; nothing was changed.</summary>
    AlreadyThere,
}

/// <summary>Recognizes the errors of a create-once write that came too late.</summary>
public static class AlreadyThere
{
    /// <summary>
    /// 409: a blob of this name exists, protected by an immutability policy or not; 412: the same, detected by the condition. After a
    /// lost response the SDK retries, so the existing blob may be our own.
    /// </summary>
    public static bool Matches(RequestFailedException refusal) =>
        refusal is { Status: 409 or 412, ErrorCode: "BlobAlreadyExists" or "ConditionNotMet" or "BlobImmutableDueToPolicy" };
}
