using Azure;

namespace MailDepot.Events;

/// <summary>What went wrong, as part of a sentence for people: no stack trace, no headers, no error repeated for each retry.</summary>
public static class Failure
{
    /// <summary>The first line of the innermost useful message; for a storage error its status and code.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Describe(first),
        RequestFailedException { Status: 0, InnerException: { } cause } => $"storage does not answer ({Describe(cause)})",
        RequestFailedException { Status: 0 } => $"storage does not answer ({FirstLine(failure.Message)})",
        RequestFailedException refusal => $"storage answered {refusal.Status} {refusal.ErrorCode ?? FirstLine(refusal.Message)}",
        HttpRequestException { InnerException: { } cause } => Describe(cause),
        _ => FirstLine(failure.Message),
    };

    /// <summary>As <see cref="Describe"/>, for the middle of a sentence: a small letter, unless it begins with an abbreviation.</summary>
    public static string Clause(Exception failure) => Describe(failure) is [var first, var second, ..] text && char.IsLower(second)
        ? char.ToLowerInvariant(first) + text[1..]
        : Describe(failure);

    /// <summary>Storage refused a request, or did not answer it.</summary>
    public static bool IsOfStorage(Exception failure) =>
        failure is RequestFailedException or AggregateException { InnerExceptions: [RequestFailedException, ..] };

    /// <summary>Storage is full: retries fail until a person makes room.</summary>
    public static bool IsFull(Exception failure) =>
        failure is RequestFailedException { Status: 507 }
            or RequestFailedException { ErrorCode: "AccountQuotaExceeded" or "InsufficientAccountResources" };

    private static string FirstLine(string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        return (end < 0 ? text : text[..end]).TrimEnd('.', ' ');
    }
}
