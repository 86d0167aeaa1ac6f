using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>What a person does with mailboxes while the depot runs: add, edit, remove, enable, disable, test, poll.</summary>
/// <remarks>
/// Every change is one row, and is told in the log. What belongs to an account (UIDLs, password) goes before its row does:
/// a removal that broke can be repeated, and the UIDLs of one account are never taken for another's. A change keeps
/// a password before the row names it, and deletes it after: one that broke leaves no mailbox without.
/// </remarks>
public sealed class MailboxAccounts(
    DepotStorage storage, MailboxDirectory directory, MailboxPasswords passwords, IPasswordStore store, CollectedUidls uidls, DepotEvents events, TimeProvider clock)
{
    /// <summary>Adds a mailbox; it is collected from the next tick of the schedule on.</summary>
    /// <param name="mailbox">How it is collected.</param>
    /// <param name="password">Goes to the password store; null where the mailbox names a setting.</param>
    /// <exception cref="AccountException">It is refused; nothing was changed.</exception>
    /// <exception cref="PasswordStoreException">The password can't be kept; the mailbox was not added.</exception>
    /// <remarks>Where only the row could not be written, the store has a password of no mailbox: whoever adds that name writes over it.</remarks>
    public async Task AddAsync(MailboxOptions mailbox, string? password, CancellationToken ct)
    {
        await CheckAsync(mailbox, isNew: true, ct);
        if (password is null && mailbox.PasswordSetting.Length == 0)
        {
            throw new AccountException("The mailbox needs a password, or the name of a setting that holds it.");
        }

        await using var lease = await AloneAsync(mailbox.Name, ct); // an earlier mailbox of this name may have a visit under way, or somebody else be adding one
        var former = await directory.RowAsync(mailbox.Name, ct);
        if (former?.GetString(MailboxDirectory.Definition) is not null)
        {
            throw IsThere(mailbox.Name); // its password must not be written over
        }

        await uidls.ForgetAsync(mailbox.Name, ct);
        await (password is not null ? store.PutAsync(mailbox.Name, password, ct) : Task.CompletedTask); // a vault may take a minute: the schedule must not see the mailbox before
        await AddRowAsync(mailbox, former, ct);
        Tell($"Mailbox {mailbox.Name} was added: {Describe(mailbox)}.");
    }

    /// <summary>Changes a mailbox that was added at run time; the next visit is by the new settings.</summary>
    /// <param name="change">Is given a copy; the name stays.</param>
    /// <param name="password">In the place of the one before; null: that stays.</param>
    /// <exception cref="AccountException">It is refused; nothing was changed, but for the password where somebody else's change came between.</exception>
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
            throw new AccountException("The mailbox needs a password, or the name of a setting that holds it.");
        }

        await using var lease = IsAnotherAccount(before, after) ? await AloneAsync(name, ct) : null; // the next visit forgets the UIDLs of the one before
        await (password is not null ? store.PutAsync(name, password, ct) : Task.CompletedTask);
        await UpdateAsync(row, after, ct);
        await (setting ? store.DeleteAsync(name, ct) : Task.CompletedTask);
        Tell($"Mailbox {name} was changed: {Describe(after)}{(password is null ? "" : ", with another password")}.");
        return after;
    }

    /// <summary>Removes a mailbox that was added at run time, and its password. Mail that was collected is archived as before; mail on the server stays there.</summary>
    /// <exception cref="AccountException">It is refused; nothing was changed.</exception>
    public async Task RemoveAsync(string name, CancellationToken ct)
    {
        var row = await OwnRowAsync(name, "take it out there; `maildepot pop3 disable` stops collecting at once", ct);
        await using var lease = await AloneAsync(name, ct);
        await store.DeleteAsync(name, ct);
        await uidls.ForgetAsync(name, ct);
        await storage.Mailboxes.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, ct);
        Tell($"Mailbox {name} was removed.");
    }

    /// <summary>Has a mailbox of either kind collected, or not. A visit under way goes on to its end.</summary>
    /// <returns>False if that was so already.</returns>
    /// <exception cref="AccountException">There is none of that name, or it can't be collected.</exception>
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

        await storage.Mailboxes.UpsertEntityAsync(
            new TableEntity(MailboxStates.Partition, TableKey.Escape(name)) { ["Name"] = name, [MailboxDirectory.Disabled] = !enabled }, TableUpdateMode.Merge, ct);
        Tell($"Mailbox {name} was {(enabled ? "enabled" : "disabled")}.");
        return true;
    }

    /// <summary>Has a mailbox collected now, also while failed logins pause it: once.</summary>
    /// <returns>The mailbox as it was when it was asked for.</returns>
    /// <exception cref="AccountException">There is none of that name, it is disabled, or can't be collected.</exception>
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

    /// <summary>Connects, logs in and looks, from here; nothing is changed.</summary>
    /// <param name="mailbox">There already, or not yet.</param>
    /// <param name="password">Null: the one that is known of it.</param>
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
    public async Task<Mailbox> FindAsync(string name, CancellationToken ct) =>
        await directory.FindAsync(name, ct) ?? throw new AccountException($"There is no mailbox '{name}': `maildepot pop3 list` shows those there are.");

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
                throw new AccountException($"There is a mailbox {other.Name} already{(other.Configured ? ", in the configuration" : "")}: give this one another name.");
            }

            if (!same && MailboxOptionsCheck.Account(other.Options) == MailboxOptionsCheck.Account(mailbox))
            {
                throw new AccountException($"Mailbox {other.Name} collects {mailbox.User} on {mailbox.Host} already: with two, each mail may be archived twice.");
            }
        }

        if (!await storage.ArchivesAsync(ct).ContainsAsync(mailbox.Container, StringComparer.Ordinal, ct))
        {
            throw new AccountException($"There is no archive container {mailbox.Container}: make it first with `maildepot container create {mailbox.Container}`.");
        }
    }

    /// <summary>A row of this name may be there without a definition: what is known of a mailbox that the configuration had.</summary>
    private async Task AddRowAsync(MailboxOptions mailbox, TableEntity? former, CancellationToken ct)
    {
        var row = new TableEntity(MailboxStates.Partition, TableKey.Escape(mailbox.Name)) { ["Name"] = mailbox.Name, [MailboxDirectory.Definition] = Json(mailbox) };
        try
        {
            await (former is not null ? storage.Mailboxes.UpdateEntityAsync(row, former.ETag, TableUpdateMode.Replace, ct) : storage.Mailboxes.AddEntityAsync(row, ct));
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            throw IsThere(mailbox.Name);
        }
    }

    private static AccountException IsThere(string name) => new($"There is a mailbox {name} already: somebody added it just now.");

    /// <summary>Visits write the same row, so that it changed is no refusal; that its definition did is.</summary>
    private async Task UpdateAsync(TableEntity row, MailboxOptions after, CancellationToken ct)
    {
        var (name, before, definition) = (row.GetString("Name"), row.GetString(MailboxDirectory.Definition), Json(after));
        var edition = $"{Guid.CreateVersion7(clock.GetUtcNow()):N}"; // another one ends a pause: what failed may be mended
        var changed = new TableEntity(row.PartitionKey, row.RowKey) { [MailboxDirectory.Definition] = definition, [MailboxStates.Edition] = edition };
        for (var etag = row.ETag; ;)
        {
            try
            {
                await storage.Mailboxes.UpdateEntityAsync(changed, etag, TableUpdateMode.Merge, ct);
                return;
            }
            catch (RequestFailedException e) when (e.Status is 404 or 412)
            {
                var now = await directory.RowAsync(name, ct) ?? throw new AccountException($"Mailbox {name} was removed meanwhile.");
                etag = now.GetString(MailboxDirectory.Definition) is var its && its != before && its != definition // ours, when only the answer got lost
                    ? throw new AccountException($"Mailbox {name} was changed by somebody else just now: look with `maildepot pop3 show {name}`, and try again.")
                    : now.ETag;
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
            : await directory.RowAsync(name, ct) ?? throw new AccountException($"Mailbox {name} was removed meanwhile.");

    /// <summary>No visit is under way as long as this is held.</summary>
    private async Task<Lease> AloneAsync(string name, CancellationToken ct) => await Lease.TryTakeAsync(storage.Leases, MailboxStates.LeaseName(name), clock, ct)
        ?? throw new AccountException($"Mailbox {name} is being collected right now: disable it with `maildepot pop3 disable {name}`, and try again when `maildepot pop3 show {name}` says that the visit is over.");

    private void Tell(string sentence) => events.Write(EventKind.Changed, Guid.Empty, sentence);

    private static bool IsAnotherAccount(MailboxOptions one, MailboxOptions other) => MailboxState.AccountOf(one) != MailboxState.AccountOf(other);

    private static string Describe(MailboxOptions mailbox) => $"{mailbox.User} on {mailbox.Host}:{mailbox.Port}, {DepotJson.Word(mailbox.Security)}, into {mailbox.Container}, every {mailbox.Interval}";

    private static MailboxOptions DefinitionOf(TableEntity row) => MailboxDirectory.OwnDefinitionIn(row);

    private static string Json(MailboxOptions mailbox) => JsonSerializer.Serialize(mailbox, DepotJson.Options);
}
