using Azure;
using Azure.Data.Tables;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>Manages mailboxes while the depot runs: add, edit, remove, enable, disable, test, poll.</summary>
/// <remarks>
/// Every change is one row, and is logged. UIDLs and password of an account are deleted before its row, so that an interrupted removal
/// can be repeated and the UIDLs of one account are never taken for another's. A change stores a password before the row refers to it,
/// and deletes it afterwards, so that an interrupted change leaves no mailbox without its password.
/// </remarks>
public sealed class MailboxAccounts(
    DepotStorage storage, MailboxDirectory directory, MailboxPasswords passwords, IPasswordStore store, CollectedUidls uidls,
    DepotEvents events, TimeProvider clock)
{
    /// <summary>Adds a mailbox; the next run of the schedule collects it.</summary>
    /// <param name="password">Goes to the password store; null if the mailbox names a setting.</param>
    /// <exception cref="AccountException">Refused; nothing was changed.</exception>
    /// <exception cref="PasswordStoreException">The password can't be stored; the mailbox was not added.</exception>
    /// <remarks>If the row can't be written, the store keeps a password without a mailbox; adding that name again overwrites it.</remarks>
    public async Task AddAsync(MailboxOptions mailbox, string? password, CancellationToken ct)
    {
        await CheckAsync(mailbox, isNew: true, ct);
        if (password is null && mailbox.PasswordSetting.Length == 0)
        {
            throw PasswordMissing();
        }

        // An earlier mailbox of this name may still have a visit running, or somebody else may be adding it.
        await using var lease = await LeaseAsync(mailbox.Name, ct);
        var former = await directory.RowAsync(mailbox.Name, ct);
        if (former?.GetString(MailboxDirectory.Definition) is not null)
        {
            throw JustAdded(mailbox.Name); // its password must not be overwritten
        }

        await uidls.ForgetAsync(mailbox.Name, ct);
        if (password is not null)
        {
            await store.PutAsync(mailbox.Name, password, ct); // a vault may take a minute; the schedule must not see the mailbox before
        }

        await AddRowAsync(mailbox, former, ct);
        Log($"Mailbox {mailbox.Name} was added: {Describe(mailbox)}.");
    }

    /// <summary>Edits a mailbox that was added at run time; the next visit uses the new settings.</summary>
    /// <param name="change">Edits a copy of the settings; the name can't be changed.</param>
    /// <param name="password">A new password; null to keep the old one.</param>
    /// <exception cref="AccountException">
    /// Refused; nothing was changed, except for the password if somebody else edited the mailbox at the same time.
    /// </exception>
    public async Task<MailboxOptions> EditAsync(string name, Action<MailboxOptions> change, string? password, CancellationToken ct)
    {
        var (row, before) = await OwnAsync(name, "change it there", ct);
        var after = DefinitionOf(row);
        change(after);
        after.Name = name;
        if (password is not null)
        {
            after.PasswordSetting = "";
        }

        await CheckAsync(after, isNew: false, ct);
        var setting = after.PasswordSetting.Length > 0;
        if (!setting && password is null && before.PasswordSetting.Length > 0)
        {
            throw PasswordMissing();
        }

        // The next visit forgets the UIDLs of the account before.
        await using var lease = IsAnotherAccount(before, after) ? await LeaseAsync(name, ct) : null;
        await (password is not null ? store.PutAsync(name, password, ct) : Task.CompletedTask);
        await UpdateAsync(row, after, ct);
        await (setting ? store.DeleteAsync(name, ct) : Task.CompletedTask);
        Log($"Mailbox {name} was changed: {Describe(after)}{(password is null ? "" : ", with another password")}.");
        return after;
    }

    /// <summary>
    /// Removes a mailbox that was added at run time, and its password. Collected mail is still archived; mail on the server stays there.
    /// </summary>
    /// <exception cref="AccountException">Refused; nothing was changed.</exception>
    public async Task RemoveAsync(string name, CancellationToken ct)
    {
        var row = await OwnRowAsync(name, "remove it there; `maildepot pop3 disable` stops collecting at once", ct);
        await using var lease = await LeaseAsync(name, ct);
        await store.DeleteAsync(name, ct);
        await uidls.ForgetAsync(name, ct);
        await storage.Mailboxes.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, ct);
        Log($"Mailbox {name} was removed.");
    }

    /// <summary>Enables or disables a mailbox of either kind. A running visit continues.</summary>
    /// <returns>False if nothing changed.</returns>
    /// <exception cref="AccountException">There is no such mailbox, or it can't be collected.</exception>
    public async Task<bool> EnableAsync(string name, bool enabled, CancellationToken ct)
    {
        var mailbox = await FindAsync(name, ct);
        if (enabled && mailbox.Obstacle is { } obstacle)
        {
            throw new AccountException(obstacle.Description);
        }

        if (mailbox.Enabled == enabled && mailbox.Obstacle is null)
        {
            return false;
        }

        var row = new TableEntity(MailboxStates.Partition, TableKey.Escape(name))
        {
            ["Name"] = name,
            [MailboxDirectory.Disabled] = !enabled,
        };
        await storage.Mailboxes.UpsertEntityAsync(row, TableUpdateMode.Merge, ct);
        Log($"Mailbox {name} was {(enabled ? "enabled" : "disabled")}.");
        return true;
    }

    /// <summary>Requests that a mailbox be collected now, once, even while failed logins pause it.</summary>
    /// <returns>The mailbox as it was before the request.</returns>
    /// <exception cref="AccountException">There is no such mailbox, it is disabled, or it can't be collected.</exception>
    public async Task<Mailbox> PollAsync(string name, CancellationToken ct)
    {
        var mailbox = await FindAsync(name, ct);
        if (mailbox.Obstacle is { } obstacle)
        {
            throw new AccountException(obstacle.Description);
        }

        if (!mailbox.Enabled)
        {
            throw new AccountException($"Mailbox {name} is disabled: enable it first with `maildepot pop3 enable {name}`.");
        }

        await PollMessage.PutOnceAsync(storage, mailbox.Name, now: true, later: false, ct);
        return mailbox;
    }

    /// <summary>Tests a mailbox from this machine, see <see cref="Pop3Probe"/>.</summary>
    /// <param name="mailbox">An existing one, or one that may be added.</param>
    /// <param name="password">Null for the stored one.</param>
    public async Task<Pop3ProbeResult> TestAsync(MailboxOptions mailbox, string? password, CancellationToken ct)
    {
        try
        {
            return await Pop3Probe.RunAsync(mailbox, password ?? await passwords.OfAsync(mailbox, ct), clock, ct);
        }
        catch (MailboxException missing)
        {
            return Pop3ProbeResult.Failed(missing.Failure);
        }
    }

    /// <summary>The mailbox of this name.</summary>
    /// <exception cref="AccountException">There is none.</exception>
    public async Task<Mailbox> FindAsync(string name, CancellationToken ct) => await directory.FindAsync(name, ct)
        ?? throw new AccountException($"There is no mailbox '{name}': `maildepot pop3 list` shows all mailboxes.");

    private async Task CheckAsync(MailboxOptions mailbox, bool isNew, CancellationToken ct)
    {
        if (MailboxOptionsCheck.Errors(mailbox).ToList() is { Count: > 0 } wrong)
        {
            throw new AccountException([.. wrong]);
        }

        foreach (var other in await directory.ListAsync(ct))
        {
            var same = string.Equals(other.Name, mailbox.Name, StringComparison.OrdinalIgnoreCase);
            if (same && isNew)
            {
                var where = other.Configured ? " in the configuration" : "";
                throw new AccountException($"Mailbox {other.Name} already exists{where}: give this one another name.");
            }

            if (!same && MailboxOptionsCheck.Account(other.Options) == MailboxOptionsCheck.Account(mailbox))
            {
                throw new AccountException(
                    $"Mailbox {other.Name} already collects {mailbox.User} on {mailbox.Host}: with two, each mail may be archived twice.");
            }
        }

        if (!await storage.ArchivesAsync(ct).ContainsAsync(mailbox.Container, StringComparer.Ordinal, ct))
        {
            throw new AccountException(
                $"There is no archive container {mailbox.Container}: "
                + $"create it first with `maildepot container create {mailbox.Container}`.");
        }
    }

    /// <summary>A row without a definition may exist: the state of a mailbox that was configured.</summary>
    private async Task AddRowAsync(MailboxOptions mailbox, TableEntity? former, CancellationToken ct)
    {
        var row = new TableEntity(MailboxStates.Partition, TableKey.Escape(mailbox.Name))
        {
            ["Name"] = mailbox.Name,
            [MailboxDirectory.Definition] = MailboxDefinition.Write(mailbox),
        };
        try
        {
            await (former is not null
                ? storage.Mailboxes.UpdateEntityAsync(row, former.ETag, TableUpdateMode.Replace, ct)
                : storage.Mailboxes.AddEntityAsync(row, ct));
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            throw JustAdded(mailbox.Name);
        }
    }

    private static AccountException PasswordMissing() => new("The mailbox needs a password, or the name of a setting that holds it.");

    private static AccountException JustAdded(string name) => new($"Mailbox {name} already exists: somebody added it just now.");

    private static AccountException JustRemoved(string name) => new($"Mailbox {name} was removed in the meantime.");

    /// <summary>Visits write to the same row, so another ETag alone is no conflict; another definition is.</summary>
    private async Task UpdateAsync(TableEntity row, MailboxOptions after, CancellationToken ct)
    {
        var (name, before) = (row.GetString("Name"), row.GetString(MailboxDirectory.Definition));
        var definition = MailboxDefinition.Write(after);
        var edition = $"{Guid.CreateVersion7(clock.GetUtcNow()):N}"; // a new edition ends a pause: the edit may have fixed the cause
        var changed = new TableEntity(row.PartitionKey, row.RowKey)
        {
            [MailboxDirectory.Definition] = definition,
            [MailboxStates.Edition] = edition,
        };
        for (var etag = row.ETag; ;)
        {
            try
            {
                await storage.Mailboxes.UpdateEntityAsync(changed, etag, TableUpdateMode.Merge, ct);
                return;
            }
            catch (RequestFailedException e) when (e.Status is 404 or 412)
            {
                var now = await directory.RowAsync(name, ct) ?? throw JustRemoved(name);
                var current = now.GetString(MailboxDirectory.Definition);
                etag = current == before || current == definition // the latter if we wrote it and only the response got lost
                    ? now.ETag
                    : throw new AccountException(
                        $"Mailbox {name} was just changed by somebody else: check it with `maildepot pop3 show {name}`, and try again.");
            }
        }
    }

    private async Task<(TableEntity Row, MailboxOptions Options)> OwnAsync(string name, string instead, CancellationToken ct)
    {
        var row = await OwnRowAsync(name, instead, ct);
        return (row, DefinitionOf(row));
    }

    private async Task<TableEntity> OwnRowAsync(string name, string instead, CancellationToken ct) =>
        (await FindAsync(name, ct)).Configured
            ? throw new AccountException($"Mailbox {name} is an entry of MailDepot:Mailboxes in the configuration: {instead}.")
            : await directory.RowAsync(name, ct) ?? throw JustRemoved(name);

    /// <summary>No visit runs while this lease is held.</summary>
    private async Task<Lease> LeaseAsync(string name, CancellationToken ct) =>
        await Lease.TryTakeAsync(storage.Leases, MailboxStates.LeaseName(name), clock, ct)
        ?? throw new AccountException(
            $"Mailbox {name} is being collected right now: disable it with `maildepot pop3 disable {name}`, "
            + $"and try again when `maildepot pop3 show {name}` says that the visit is over.");

    private void Log(string sentence) => events.Write(EventKind.Changed, Guid.Empty, sentence);

    private static bool IsAnotherAccount(MailboxOptions one, MailboxOptions other) =>
        MailboxState.AccountOf(one) != MailboxState.AccountOf(other);

    private static string Describe(MailboxOptions mailbox) =>
        $"{mailbox.User} on {mailbox.Server}, {DepotJson.Word(mailbox.Security)}, into {mailbox.Container}, every {mailbox.Interval}";

    private static MailboxOptions DefinitionOf(TableEntity row) => MailboxDirectory.OwnDefinitionIn(row);
}
