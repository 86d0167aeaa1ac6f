using MailDepot.Events;

namespace MailDepot.Spool;

/// <summary>The log entry of an attempt that failed, or that must wait.</summary>
internal static class FailedAttempt
{
    /// <summary>Writes it: a <see cref="NotYetException"/> is no failure, so its sentence begins with another word.</summary>
    /// <param name="events">The log.</param>
    /// <param name="id">The ticket's, or empty.</param>
    /// <param name="prefix">Begins the sentence about a failure.</param>
    /// <param name="failure">Why the attempt failed.</param>
    /// <param name="next">What happens next: a sentence without its full stop.</param>
    public static void WriteAttempt(this DepotEvents events, Guid id, string prefix, Exception failure, string next)
    {
        var (kind, word) = failure is NotYetException ? (EventKind.Waiting, "Waiting") : (EventKind.Failed, prefix);
        events.Write(kind, id, $"{word}: {Failure.Describe(failure)}. {next}.");
    }
}
