namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>A change to the mailboxes is refused. Each sentence says what is wrong, and the way out.</summary>
public sealed class AccountException(params string[] sentences) : Exception(string.Join(' ', sentences))
{
    /// <summary>One or more.</summary>
    public IReadOnlyList<string> Errors => sentences;
}
