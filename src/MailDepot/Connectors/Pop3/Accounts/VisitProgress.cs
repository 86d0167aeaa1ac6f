using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>How far a visit is.</summary>
/// <param name="Stage">What it does.</param>
/// <param name="Waiting">Mails still to be collected.</param>
/// <param name="WaitingBytes">Their octets, as the server lists them.</param>
/// <param name="Collected">Mails that this visit made durable.</param>
/// <param name="CollectedBytes">Their octets, as the server lists them.</param>
/// <param name="Undeleted">Mails that are durable and still in the mailbox: they go at the next QUIT.</param>
public sealed record VisitProgress(VisitStage Stage, int Waiting, long WaitingBytes, int Collected, long CollectedBytes, int Undeleted)
{
    /// <summary>Of those that wait, mails that are not tried any more: they could not be fetched three times.</summary>
    public int Skipped { get; init; }

    /// <summary>Of those that wait, mails in whose place the server sent a substitute (<see cref="Mail.Substitute"/>).</summary>
    public int Substitutes { get; init; }
}

/// <summary>What a visit to a mailbox came to.</summary>
/// <param name="Result">Sentences for people.</param>
/// <param name="Failure">What did not go well; what was collected counts all the same. Null if all did.</param>
/// <param name="More">It ended because visits are bounded, and the next should begin at once.</param>
/// <param name="Progress">How far it came.</param>
public sealed record VisitResult(string Result, Pop3Failure? Failure, bool More, VisitProgress Progress)
{
    /// <summary>It ended with a no to our secret.</summary>
    public bool LoginFailed { get; init; }

    /// <summary>When the server last said yes to its QUIT; null if it never did.</summary>
    public DateTimeOffset? LastQuit { get; init; }

    /// <summary>The server did not let it in, so soon after a QUIT.</summary>
    public bool TurnedAway { get; init; }

    /// <summary>It came too early to have a session at all: nothing is known that was not before.</summary>
    public bool TooEarly { get; init; }

    /// <summary>It did not go well.</summary>
    public bool Failed => Failure is not null;

    /// <summary>Mails still to be collected.</summary>
    public int Waiting => Progress.Waiting;

    /// <summary>Mails collected, durable.</summary>
    public int Collected => Progress.Collected;
}
