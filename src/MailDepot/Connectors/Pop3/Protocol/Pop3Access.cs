namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>What one session needs to know of its mailbox.</summary>
/// <param name="Secret">Password, token or client's secret.</param>
/// <param name="Timeout">How long nothing may come when an answer is due.</param>
/// <param name="At">Told what the session does.</param>
internal sealed record Pop3Access(MailboxOptions Mailbox, string Secret, Pop3Tokens Tokens, TimeSpan Timeout, TimeProvider Clock, Action<VisitStage> At)
{
    /// <summary>When the session is broken off, whatever it does.</summary>
    public DateTimeOffset Ends { get; init; } = DateTimeOffset.MaxValue;
}
