using MailDepot.Host.Serving;
using MailDepot.Storage;

namespace MailDepot.Tests.Architecture;

/// <summary>
/// Checks the table of folders in <c>src/MailDepot.Host/README.md</c>: who may use whom, and that verbs touch no storage.
/// </summary>
public sealed class HostArchitectureTests
{
    /// <summary>The namespace of what brings the folders together, which may use them all.</summary>
    private const string Root = "MailDepot.Host";

    /// <summary>A folder may use only those above it, so there are no cycles.</summary>
    private static readonly (string Folder, string[] Uses)[] Folders =
    [
        ("Terminal", []),
        ("Serving", []),
        ("Local", []),
        ("Inspect", ["Terminal"]),
        ("Smtp", ["Serving"]),
        ("Worker", ["Serving"]),
        ("Demo", ["Smtp"]),
        ("Roles", ["Terminal", "Serving", "Local", "Smtp", "Worker"]),
        ("Up", ["Terminal", "Serving", "Local", "Smtp", "Worker", "Demo"]),
        ("Commands", ["Terminal", "Local", "Inspect", "Smtp", "Roles", "Up"]),
    ];

    [Fact]
    public void A_folder_uses_only_those_that_the_table_allows()
    {
        var uses = Uses().Where(use => use.Room != Root).ToList();
        Assert.Equal(Folders.Select(one => one.Folder).ToHashSet(), uses.Select(use => Folder(use.Room)).ToHashSet());
        AssertNone(uses.Where(use => IsOurs(use.Namespace) && Folder(use.Namespace) is var other && other != Folder(use.Room)
            && !Folders.Single(one => one.Folder == Folder(use.Room)).Uses.Contains(other)));
    }

    [Fact]
    public void No_folder_uses_itself_by_way_of_others() =>
        Assert.All(
            Folders.Index(),
            one => Assert.Subset(Folders[..one.Index].Select(above => above.Folder).ToHashSet(), one.Item.Uses.ToHashSet()));

    [Fact]
    public void Verbs_and_what_they_print_with_touch_no_storage_client() =>
        AssertNone(Uses().Where(use => Folder(use.Room) is "Commands" or "Terminal"
            && (use.Namespace.Split('.')[0] == "Azure" || $"{use.Namespace}.{use.Name}" == typeof(DepotStorage).FullName)));

    [Fact]
    public void The_page_of_the_Host_shows_the_same_table()
    {
        var page = File.ReadAllText(Clone.Path("src/MailDepot.Host/README.md"));
        foreach (var (folder, uses) in Folders)
        {
            Assert.Matches($@"\| `{folder}/` \|[^|]*\| {(uses.Length == 0 ? "–" : string.Join(", ", uses))} \|", page);
        }
    }

    private static List<UsedType> Uses()
    {
        using var compiled = new CompiledAssembly(typeof(Shutdown).Assembly.Location);
        return [.. compiled.Uses()];
    }

    /// <summary>Fails with the members that do what is forbidden.</summary>
    private static void AssertNone(IEnumerable<UsedType> forbidden)
    {
        var members = forbidden.Select(use => $"{use.Member} ({use.Room}) uses {use.Namespace}.{use.Name}").Distinct().ToList();
        Assert.True(members.Count == 0, string.Join('\n', members));
    }

    private static bool IsOurs(string space) => space == Root || space.StartsWith(Root + ".", StringComparison.Ordinal);

    /// <summary>The folder of a namespace; the root's is empty.</summary>
    private static string Folder(string space) => space.Length > Root.Length ? space[(Root.Length + 1)..] : "";
}
