using System.Collections.Frozen;
using System.Reflection;
using System.Xml.Linq;

namespace MailDepot.Tests.Architecture;

/// <summary>Checks the table of rooms in <c>src/README.md</c>: who may use whom, and which library belongs where.</summary>
/// <remarks>
/// It reads the compiled code, so a qualified name or an extension method counts as a <c>using</c> line does, and a failure names
/// the member that breaks a rule.
/// </remarks>
public sealed class ArchitectureTests
{
    /// <summary>These compose all others, and may use them.</summary>
    private const string Root = "", Host = "Host", Functions = "Functions";

    /// <summary>The rooms in the order of a mail's path, and what each may use.</summary>
    private static readonly FrozenDictionary<string, string[]> Rooms = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Mail"] = [],
        ["Journal"] = ["Mail"],
        ["Smtp"] = ["Mail"],
        ["Base"] = [],
        ["Storage"] = ["Base"],
        ["Events"] = ["Base", "Storage"],
        ["Spool"] = ["Mail", "Base", "Storage", "Events"],
        ["Trust"] = [],
        ["Connectors.Receiving"] = ["Mail", "Smtp", "Base", "Storage", "Events", "Spool"],
        ["Connectors.Pop3"] = ["Storage"],
        ["Connectors.Pop3.Protocol"] = ["Mail", "Base", "Storage", "Events", "Trust", "Connectors.Pop3"],
        ["Connectors.Pop3.Accounts"] = ["Mail", "Base", "Storage", "Events", "Spool", "Connectors.Pop3", "Connectors.Pop3.Protocol"],
        ["Connectors.Pop3.Visit"] =
        [
            "Mail", "Base", "Storage", "Events", "Spool", "Connectors.Pop3", "Connectors.Pop3.Protocol", "Connectors.Pop3.Accounts",
        ],
        ["Notices"] =
        [
            "Mail", "Base", "Storage", "Events", "Trust", "Connectors.Pop3", "Connectors.Pop3.Protocol", "Connectors.Pop3.Accounts",
        ],
        ["Documents"] = ["Mail", "Base", "Storage"],
        ["Ledger"] = ["Mail", "Journal", "Base", "Storage", "Events", "Documents"],
        ["Index"] = ["Mail", "Journal", "Base", "Storage", "Events", "Documents", "Ledger"],
        ["Archive"] = ["Mail", "Journal", "Base", "Storage", "Events", "Spool", "Documents", "Ledger", "Index"],
        ["Views"] =
        [
            "Base", "Storage", "Spool", "Connectors.Pop3", "Connectors.Pop3.Protocol", "Connectors.Pop3.Accounts", "Ledger",
            "Index", "Archive",
        ],
    }.ToFrozenDictionary();

    /// <summary>A namespace outside MailDepot, and the rooms that may use it.</summary>
    private static readonly (string Namespace, string[] Rooms)[] Libraries =
    [
        ("Azure",
        [
            "Base", "Storage", "Events", "Spool", "Connectors.Pop3.Protocol", "Connectors.Pop3.Accounts", "Connectors.Pop3.Visit",
            "Notices", "Documents", "Ledger", "Index", "Archive", "Views", Root, Host,
        ]),
        ("MimeKit", ["Mail", "Journal", "Notices"]),
        ("UtfUnknown", ["Mail"]),
        ("MailKit", ["Notices"]),
        ("Microsoft.AspNetCore", [Host]),
        ("Microsoft.Azure.Functions", [Functions]),
        ("System.CommandLine", [Host]),
        ("Spectre.Console", [Host]),
    ];

    /// <summary>Every project under <c>src</c>, by its assembly's name.</summary>
    public static TheoryData<string> Assemblies => [.. Directory.EnumerateDirectories(Clone.Path("src"))
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj"))
        .Select(file => XDocument.Load(file).Descendants("AssemblyName").SingleOrDefault()?.Value
            ?? Path.GetFileNameWithoutExtension(file))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_room_uses_only_what_the_table_allows(string assembly)
    {
        using var compiled = new CompiledAssembly(FileOf(assembly));
        var uses = compiled.Uses().ToList();
        Assert.NotEmpty(uses);
        string[] known = [.. Rooms.Keys, Root, Host, Functions];
        Assert.Empty(uses.Select(use => Room(use.Room)).Distinct().Except(known));
        var forbidden = uses.Where(use => !IsAllowed(use))
            .Select(use => $"{use.Member} ({use.Room}) uses {use.Namespace}.{use.Name}")
            .Distinct().Order().ToList();
        Assert.True(forbidden.Count == 0, string.Join('\n', forbidden));
    }

    [Fact]
    public void No_room_uses_itself_by_way_of_others()
    {
        var left = Rooms.ToDictionary();
        while (left.Keys.Where(room => !left[room].Any(left.ContainsKey)).ToList() is { Count: > 0 } free)
        {
            free.ForEach(room => left.Remove(room));
        }

        Assert.Empty(left.Keys);
    }

    [Fact]
    public void A_use_is_seen_without_a_using_line()
    {
        using var compiled = new CompiledAssembly(typeof(ArchitectureTests).Assembly.Location);
        var uses = compiled.Uses()
            .Where(use => use.Member.StartsWith(nameof(Sample), StringComparison.Ordinal))
            .Select(use => (use.Member, use.Name))
            .ToList();
        Assert.Contains(("Sample.field", "MimeMessage"), uses);
        Assert.Contains(("Sample.InABody", "MailDate"), uses);
        Assert.Contains(("Sample.InAList", "MailboxAddress"), uses);
        Assert.Contains(
            uses,
            use => use.Member.StartsWith("Sample+<InAnAsyncMethodAsync>", StringComparison.Ordinal) && use.Name == "Digest");
    }

    [Fact]
    public void The_page_about_the_code_shows_the_same_table()
    {
        var page = File.ReadAllText(Clone.Path("src/README.md"));
        foreach (var (room, uses) in Rooms)
        {
            var cell = uses.Length == 0 ? "–" : string.Join(", ", uses.Select(Folder));
            Assert.Matches($@"\| `{Folder(room)}/` \|[^|]*\| {cell} \|", page);
        }
    }

    /// <summary>Beside this program. For an assembly that it does not reference, the build noted the file.</summary>
    private static string FileOf(string assembly) =>
        typeof(ArchitectureTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .SingleOrDefault(data => data.Key == assembly)?.Value
        ?? Path.Combine(AppContext.BaseDirectory, assembly + ".dll");

    private static string Folder(string room) => room.Replace('.', '/');

    private static bool IsAllowed(UsedType use)
    {
        var room = Room(use.Room);
        if (IsIn(use.Namespace, nameof(MailDepot)))
        {
            var other = Room(use.Namespace);
            return other == room || !Rooms.TryGetValue(room, out var allowed) || allowed.Contains(other);
        }

        return Libraries.All(library => !IsIn(use.Namespace, library.Namespace) || library.Rooms.Contains(room));
    }

    /// <summary>The room with the longest name that a namespace is in; the root's is empty.</summary>
    private static string Room(string space) => space.Split('.', 2) is [_, var room]
        ? Rooms.Keys.Where(known => IsIn(room, known)).MaxBy(known => known.Length) ?? room.Split('.')[0]
        : Root;

    private static bool IsIn(string space, string outer) =>
        space == outer || space.StartsWith(outer + ".", StringComparison.Ordinal);
}
