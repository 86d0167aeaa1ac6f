using System.Collections.Immutable;
using System.Text.Json;
using Azure.Data.Tables;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Accounts;

/// <summary>All mailboxes that there are: those of the configuration, and those that a person added at run time.</summary>
/// <remarks>
/// The latter are rows of the table <c>Mailboxes</c> with a column <c>Definition</c>, beside what visits write there. Of two
/// with one name the configuration's counts; of two with one account it is the configuration's that is collected. Every call reads the table: what a person changed counts at once, everywhere.
/// </remarks>
public sealed class MailboxDirectory(DepotStorage storage, Pop3Options options)
{
    /// <summary>The mailbox's settings as JSON; absent where the configuration has them.</summary>
    internal const string Definition = "Definition";

    /// <summary>It is not collected; absent: it is.</summary>
    internal const string Disabled = "Disabled";

    /// <summary>All of them, the configuration's first, in its order; then the others by name.</summary>
    public async Task<ImmutableArray<Mailbox>> ListAsync(CancellationToken ct)
    {
        var rows = new SortedDictionary<string, TableEntity>(StringComparer.OrdinalIgnoreCase);
        await foreach (var row in storage.Mailboxes.QueryAsync<TableEntity>(row => row.PartitionKey == MailboxStates.Partition, cancellationToken: ct))
        {
            rows[row.GetString("Name")] = row;
        }

        var configured = options.Mailboxes.Select(mailbox => Of(mailbox, configured: true, rows.GetValueOrDefault(mailbox.Name))).ToList();
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

    /// <summary>What the table has of this name; null for nothing.</summary>
    internal async Task<TableEntity?> RowAsync(string name, CancellationToken ct) =>
        await storage.Mailboxes.GetEntityIfExistsAsync<TableEntity>(MailboxStates.Partition, TableKey.Escape(name), cancellationToken: ct) is { HasValue: true } row ? row.Value : null;

    /// <summary>What a row says of how its mailbox is collected; null if it is the configuration that does, or did.</summary>
    internal static MailboxOptions? DefinitionIn(TableEntity row) =>
        row.GetString(Definition) is { } json ? JsonSerializer.Deserialize<MailboxOptions>(json, DepotJson.Options) : null;

    /// <summary>The same of a mailbox that a person added.</summary>
    /// <exception cref="AccountException">This version can't read it.</exception>
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

    /// <summary>A mailbox that a person added; null if the row is only what is known of one that the configuration had. What hinders one is no matter of the others.</summary>
    private Mailbox? Added(TableEntity row)
    {
        try
        {
            if (DefinitionIn(row) is not { } own)
            {
                return null;
            }

            var twin = options.Mailboxes.FirstOrDefault(other => MailboxOptionsCheck.Account(other) == MailboxOptionsCheck.Account(own));
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

    private static Mailbox Of(MailboxOptions mailbox, bool configured, TableEntity? row, Pop3Failure? obstacle = null) =>
        new(mailbox, configured, obstacle is null && !(row?.GetBoolean(Disabled) ?? false), row is null ? MailboxState.New : MailboxStates.State(row)) { Obstacle = obstacle };
}
