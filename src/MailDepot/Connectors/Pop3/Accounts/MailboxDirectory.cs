using System.Collections.Immutable;
using System.Text.Json;
using Azure.Data.Tables;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>All mailboxes: those of the configuration and those added at run time.</summary>
/// <remarks>
/// The latter are rows of the table <c>Mailboxes</c> with a column <c>Definition</c>, beside the columns of visits. If two have the same
/// name, only the configured one exists; if two have the same account, only the configured one is collected. Every call reads the table,
/// so a change takes effect at once in all processes.
/// </remarks>
public sealed class MailboxDirectory(DepotStorage storage, Pop3Options options)
{
    /// <summary>Column with the mailbox's settings as JSON; absent for a configured mailbox.</summary>
    internal const string Definition = "Definition";

    /// <summary>Column that is true for a disabled mailbox; absent if it never was disabled.</summary>
    internal const string Disabled = "Disabled";

    /// <summary>The configured mailboxes in their order, then the others by name.</summary>
    public async Task<ImmutableArray<Mailbox>> ListAsync(CancellationToken ct)
    {
        var rows = new SortedDictionary<string, TableEntity>(StringComparer.OrdinalIgnoreCase);
        await foreach (var row in storage.Mailboxes.QueryAsync<TableEntity>(
            row => row.PartitionKey == MailboxStates.Partition, cancellationToken: ct))
        {
            rows[row.GetString("Name")] = row;
        }

        var configured = options.Mailboxes
            .Select(mailbox => Of(mailbox, configured: true, rows.GetValueOrDefault(mailbox.Name))).ToList();
        var names = configured.Select(mailbox => mailbox.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. configured, .. rows.Values.Where(row => !names.Contains(row.GetString("Name"))).Select(Added).OfType<Mailbox>()];
    }

    /// <summary>The mailbox of this name; null if there is none.</summary>
    public async Task<Mailbox?> FindAsync(string name, CancellationToken ct)
    {
        var row = await RowAsync(name, ct);
        return options.Mailbox(name) is { } configured ? Of(configured, configured: true, row)
            : row is not null ? Added(row)
            : null;
    }

    /// <summary>The row of this name; null if there is none.</summary>
    internal async Task<TableEntity?> RowAsync(string name, CancellationToken ct) =>
        await storage.Mailboxes.GetEntityIfExistsAsync<TableEntity>(MailboxStates.Partition, TableKey.Escape(name), cancellationToken: ct)
            is { HasValue: true } row ? row.Value : null;

    /// <summary>The settings in a row; null if the mailbox is or was a configured one.</summary>
    internal static MailboxOptions? DefinitionIn(TableEntity row) =>
        row.GetString(Definition) is { } json ? MailboxDefinition.Read(json) : null;

    /// <summary>The settings in the row of a mailbox that was added at run time.</summary>
    /// <exception cref="AccountException">This version can't read them.</exception>
    internal static MailboxOptions OwnDefinitionIn(TableEntity row)
    {
        try
        {
            return DefinitionIn(row) ?? throw new InvalidOperationException("The row has no definition.");
        }
        catch (JsonException unknown)
        {
            throw new AccountException(Unreadable(row.GetString("Name"), unknown).Description);
        }
    }

    /// <summary>
    /// A mailbox that was added at run time; null if the row is only the state of one that was configured. Faults of one mailbox do not
    /// affect the others.
    /// </summary>
    private Mailbox? Added(TableEntity row)
    {
        try
        {
            if (DefinitionIn(row) is not { } own)
            {
                return null;
            }

            var account = MailboxOptionsCheck.Account(own);
            var twin = options.Mailboxes.FirstOrDefault(other => MailboxOptionsCheck.Account(other) == account);
            return Of(own, configured: false, row, twin is null ? null : Pop3Failure.CollectedTwice(own, twin.Name));
        }
        catch (JsonException unknown)
        {
            var name = row.GetString("Name");
            return Of(new MailboxOptions { Name = name }, configured: false, row, Unreadable(name, unknown));
        }
    }

    private static Pop3Failure Unreadable(string name, JsonException unknown) =>
        Pop3Failure.SettingsUnreadable(name, unknown.Path is ['$', '.', .. var setting] ? setting : "");

    private static Mailbox Of(MailboxOptions mailbox, bool configured, TableEntity? row, Pop3Failure? obstacle = null)
    {
        var enabled = obstacle is null && !(row?.GetBoolean(Disabled) ?? false);
        return new(mailbox, configured, enabled, row is null ? MailboxState.New : MailboxStates.State(row)) { Obstacle = obstacle };
    }
}
