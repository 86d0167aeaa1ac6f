namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>A change to a mailbox is refused. Each sentence says what is wrong and what to do.</summary>
public sealed class AccountException(params string[] sentences) : Exception(string.Join(' ', sentences))
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<string> Errors => sentences;
}
