namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>What a session needs to open a mailbox.</summary>
/// <param name="Secret">Password, token or client secret.</param>
/// <param name="Timeout">How long the server may stay silent while a reply is due.</param>
/// <param name="OnStage">Called when the session enters a stage.</param>
internal sealed record Pop3Access(
    MailboxOptions Mailbox, string Secret, Pop3Tokens Tokens, TimeSpan Timeout, TimeProvider Clock, Action<VisitStage> OnStage)
{
    /// <summary>When the connection is dropped, whatever it is doing.</summary>
    public DateTimeOffset Deadline { get; init; } = DateTimeOffset.MaxValue;
}
