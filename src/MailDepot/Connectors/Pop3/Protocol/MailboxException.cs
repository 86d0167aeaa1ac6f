
namespace MailDepot.Connectors.Pop3.Protocol;

/// <summary>A visit can't continue.</summary>
public sealed class MailboxException(Pop3Failure failure) : Exception(failure.Description)
{
    /// <summary>What an administrator reads.</summary>
    public Pop3Failure Failure => failure;

    /// <summary>A secret was sent and refused: more attempts may lock the account, whatever the reason.</summary>
    public bool IsFailedLogin { get; init; }

    /// <summary>The server closed the connection without a reply.</summary>
    public bool IsDisconnect { get; init; }
}
