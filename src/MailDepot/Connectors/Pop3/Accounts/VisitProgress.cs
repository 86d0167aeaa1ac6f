using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>The progress of a visit.</summary>
/// <param name="Waiting">Mails still to be collected.</param>
/// <param name="WaitingBytes">Their size by LIST.</param>
/// <param name="Collected">Mails that this visit made durable.</param>
/// <param name="CollectedBytes">Their size by LIST.</param>
/// <param name="Undeleted">Durable mails that are still in the mailbox.</param>
public sealed record VisitProgress(VisitStage Stage, int Waiting, long WaitingBytes, int Collected, long CollectedBytes, int Undeleted)
{
    /// <summary>Waiting mails that are skipped because they could not be fetched three times.</summary>
    public int Skipped { get; init; }

    /// <summary>Waiting mails in whose place the server sent a substitute (<see cref="Mail.Substitute"/>).</summary>
    public int Substitutes { get; init; }
}

/// <summary>The result of a visit to a mailbox.</summary>
/// <param name="Result">Sentences for people.</param>
/// <param name="Failure">What went wrong; what was collected counts all the same. Null if nothing did.</param>
/// <param name="More">It reached a limit, and the next visit should begin at once.</param>
public sealed record VisitResult(string Result, Pop3Failure? Failure, bool More, VisitProgress Progress)
{
    /// <summary>It ended with a failed login.</summary>
    public bool LoginFailed { get; init; }

    /// <summary>When the server last confirmed its QUIT; null if it never did.</summary>
    public DateTimeOffset? LastQuit { get; init; }

    /// <summary>The server refused a login soon after a QUIT.</summary>
    public bool TurnedAway { get; init; }

    /// <summary>It got no session at all because it came too soon after the last one: nothing new is known.</summary>
    public bool TooEarly { get; init; }

    /// <summary>Something went wrong.</summary>
    public bool Failed => Failure is not null;

    /// <summary>Mails still to be collected.</summary>
    public int Waiting => Progress.Waiting;

    /// <summary>Mails made durable.</summary>
    public int Collected => Progress.Collected;
}
