using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MailDepot.Ledger;

namespace MailDepot.Tests;

/// <summary>What a depot holds: rows with their columns, ledger lines with their properties, blobs by name.</summary>
/// <remarks>Places in the ledger, times and versions are left out: two depots that hold the same differ in them.</remarks>
internal sealed class Inventory : IEquatable<Inventory>
{
    /// <summary>Columns that are in the name already, or that storage adds.</summary>
    private static readonly FrozenSet<string> Aside = ["odata.etag", "Timestamp", "PartitionKey", "RowKey"];

    private readonly ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> entries;

    private Inventory(IEnumerable<Entry> entries) => this.entries = entries
        .OrderBy(entry => entry.ToString(), StringComparer.Ordinal)
        .GroupBy(entry => entry.Name, StringComparer.Ordinal)
        .SelectMany(same => same.Select((entry, index) => (Name: index == 0 ? entry.Name : $"{entry.Name} ({index + 1})", entry.Fields)))
        .ToImmutableSortedDictionary(entry => entry.Name, entry => entry.Fields, StringComparer.Ordinal);

    /// <summary>The rows that follow from ledger lines. A folded ticket's row does not: no line says that it was folded.</summary>
    public static async Task<Inventory> OfRowsAsync(TestDepot depot) =>
        new((await RowsAsync(depot)).Where(row => !row.Name.Contains(" |folded|", StringComparison.Ordinal)));

    /// <summary>Everything: documents, ledger, rows, quarantine, spool.</summary>
    public static async Task<Inventory> OfAllAsync(TestDepot depot) => new(
    [
        .. (await depot.DocumentNamesAsync()).Select(name => Entry.Named($"document {name}")),
        .. (await depot.LedgerAsync()).Select(Line).DistinctBy(line => line.ToString(), StringComparer.Ordinal),
        .. await RowsAsync(depot),
        .. (await TestDepot.BlobNamesAsync(depot.Storage.Quarantine)).Select(name => Entry.Named($"quarantine {name[^36..]}")),
        .. (await TestDepot.BlobNamesAsync(depot.Storage.Spool)).Select(name => Entry.Named($"spool {name}")),
    ]);

    /// <summary>The inventory without the entries of some names.</summary>
    public Inventory Without(Func<string, bool> named) => new(All.Where(entry => !named(entry.Name)));

    /// <summary>Fails with the entries that are missing or extra, and the fields that differ.</summary>
    public void AssertIs(Inventory expected, string when)
    {
        if (!Equals(expected))
        {
            Assert.Fail($"{when}:\n{string.Join('\n', DifferencesFrom(expected))}");
        }
    }

    /// <inheritdoc />
    public bool Equals(Inventory? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Inventory);

    /// <inheritdoc />
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    /// <summary>A line for each entry.</summary>
    public override string ToString() => string.Join('\n', All);

    private IEnumerable<Entry> All => entries.Select(entry => new Entry(entry.Key, entry.Value));

    private IEnumerable<string> DifferencesFrom(Inventory expected)
    {
        foreach (var (name, fields) in expected.entries)
        {
            if (!entries.TryGetValue(name, out var here))
            {
                yield return $"  missing: {new Entry(name, fields)}";
                continue;
            }

            foreach (var field in fields.Keys.Union(here.Keys, StringComparer.Ordinal))
            {
                var (was, now) = (fields.GetValueOrDefault(field, "absent"), here.GetValueOrDefault(field, "absent"));
                if (was != now)
                {
                    yield return $"  {name}: {field} is {now}, expected {was}";
                }
            }
        }

        foreach (var (name, fields) in entries.Where(entry => !expected.entries.ContainsKey(entry.Key)))
        {
            yield return $"  unexpected: {new Entry(name, fields)}";
        }
    }

    private static async Task<List<Entry>> RowsAsync(TestDepot depot)
    {
        var found = new List<Entry>();
        foreach (var table in new[] { depot.Storage.Receipts, depot.Storage.Participants, depot.Storage.Deliveries })
        {
            found.AddRange((await TestDepot.RowsAsync(table)).Select(row => new Entry($"{table.Name} {row.PartitionKey} {row.RowKey}", row
                .Where(column => !column.Key.StartsWith("Ledger", StringComparison.Ordinal) && !Aside.Contains(column.Key))
                .ToImmutableSortedDictionary(column => column.Key, column => Shown(column.Value), StringComparer.Ordinal))));
        }

        return found;
    }

    private static Entry Line(Receipt receipt)
    {
        using var line = JsonDocument.Parse(LedgerLine.Write(receipt));
        return new Entry($"ledger {receipt.Id}", line.RootElement.EnumerateObject()
            .ToImmutableSortedDictionary(property => property.Name, property => property.Value.GetRawText(), StringComparer.Ordinal));
    }

    private static string Shown(object? value) =>
        value is byte[] bytes ? Convert.ToHexStringLower(bytes) : string.Create(CultureInfo.InvariantCulture, $"{value}");

    private sealed record Entry(string Name, ImmutableSortedDictionary<string, string> Fields)
    {
        public static Entry Named(string name) => new(name, ImmutableSortedDictionary<string, string>.Empty);

        public override string ToString() => string.Join(' ', Fields.Select(field => $"{field.Key}={field.Value}").Prepend(Name));
    }
}
