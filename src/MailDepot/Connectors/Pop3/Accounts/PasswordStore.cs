namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>The only place that holds the passwords of mailboxes added at run time.</summary>
/// <remarks>Every call may be repeated. Only <see cref="ReadAsync"/> returns a password; no exception contains one.</remarks>
public interface IPasswordStore
{
    /// <summary>For sentences: <c>the key vault depot.vault.azure.net</c>.</summary>
    string Place { get; }

    /// <summary>The password of this mailbox; null if there is none.</summary>
    /// <exception cref="PasswordStoreException">The store can't be read.</exception>
    Task<string?> ReadAsync(string mailbox, CancellationToken ct);

    /// <summary>Stores the password, replacing an earlier one.</summary>
    /// <exception cref="PasswordStoreException">It can't be stored.</exception>
    Task PutAsync(string mailbox, string password, CancellationToken ct);

    /// <summary>Deletes the password if there is one.</summary>
    /// <exception cref="PasswordStoreException">It can't be deleted.</exception>
    Task DeleteAsync(string mailbox, CancellationToken ct);
}

/// <summary>A password can't be read, stored or deleted. The message is a sentence for people and says what to do.</summary>
public sealed class PasswordStoreException(string sentence, Exception? cause = null) : Exception(sentence, cause);

/// <summary>Stands in if no store is configured: mailboxes must then name the settings that hold their passwords.</summary>
public sealed class NoPasswordStore : IPasswordStore
{
    /// <inheritdoc />
    public string Place => "any store: MailDepot:PasswordStore is not set";

    /// <inheritdoc />
    public Task<string?> ReadAsync(string mailbox, CancellationToken ct) => Task.FromResult<string?>(null);

    /// <inheritdoc />
    public Task PutAsync(string mailbox, string password, CancellationToken ct) => throw new PasswordStoreException(
        "No password store is configured: set MailDepot:PasswordStore to the depot's key vault (https://name.vault.azure.net), "
        + "or name a setting that holds the password with --password-setting.");

    /// <inheritdoc />
    public Task DeleteAsync(string mailbox, CancellationToken ct) => Task.CompletedTask;
}
