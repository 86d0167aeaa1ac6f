namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Where the passwords of the mailboxes are that a person added at run time, and the only place that has them.</summary>
/// <remarks>Every call may be repeated. No exception, and nothing else that comes out of here but <see cref="ReadAsync"/>, has a password in it.</remarks>
public interface IPasswordStore
{
    /// <summary>As part of a sentence: <c>the key vault depot.vault.azure.net</c>.</summary>
    string Place { get; }

    /// <summary>The password of this mailbox; null if there is none.</summary>
    /// <exception cref="PasswordStoreException">It can't be had.</exception>
    Task<string?> ReadAsync(string mailbox, CancellationToken ct);

    /// <summary>Keeps it, in the place of the one before.</summary>
    /// <exception cref="PasswordStoreException">It can't be kept.</exception>
    Task PutAsync(string mailbox, string password, CancellationToken ct);

    /// <summary>Forgets it; one that is not there is forgotten already.</summary>
    /// <exception cref="PasswordStoreException">It can't be deleted.</exception>
    Task DeleteAsync(string mailbox, CancellationToken ct);
}

/// <summary>A password can't be read, kept or deleted. The message is a sentence for a person, with the way out.</summary>
public sealed class PasswordStoreException(string sentence, Exception? cause = null) : Exception(sentence, cause);

/// <summary>Takes the place of a store where none is set: mailboxes then name the settings that hold their passwords.</summary>
public sealed class NoPasswordStore : IPasswordStore
{
    /// <inheritdoc />
    public string Place => "any place: MailDepot:PasswordStore is not set";

    /// <inheritdoc />
    public Task<string?> ReadAsync(string mailbox, CancellationToken ct) => Task.FromResult<string?>(null);

    /// <inheritdoc />
    public Task PutAsync(string mailbox, string password, CancellationToken ct) => throw new PasswordStoreException(
        "There is no place here that keeps passwords: name the depot's key vault in MailDepot:PasswordStore (https://name.vault.azure.net), or a setting that holds the password with --password-setting.");

    /// <inheritdoc />
    public Task DeleteAsync(string mailbox, CancellationToken ct) => Task.CompletedTask;
}
