using System.Collections.Frozen;

namespace MailDepot.Tests.Architecture;

/// <summary>Holds the table of rooms in <c>src/README.md</c>: who may use whom, and which library belongs where.</summary>
/// <remarks>It reads what was compiled, so a qualified name or an extension method counts as a <c>using</c> line does, and the member that breaks a rule is named.</remarks>
public sealed class ArchitectureTests
{
    /// <summary>What composes all others, and may use them.</summary>
    private const string Root = "", Host = "Host", Functions = "Functions";

    /// <summary>The rooms in the order in which a mail walks, and what each may use.</summary>
    private static readonly FrozenDictionary<string, string[]> Rooms = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Mail"] = [],
        ["Journal"] = ["Mail"],
        ["Smtp"] = ["Mail"],
        ["Storage"] = [],
        ["Events"] = ["Storage"],
        ["Spool"] = ["Mail", "Storage", "Events"],
        ["Pop3"] = ["Mail", "Spool", "Storage", "Events"],
        ["Notices"] = ["Mail", "Pop3", "Storage", "Events"],
        ["Ledger"] = ["Mail", "Journal", "Storage", "Events"],
        ["Index"] = ["Mail", "Journal", "Ledger", "Storage", "Events"],
        ["Archive"] = ["Mail", "Journal", "Spool", "Ledger", "Index", "Storage", "Events"],
    }.ToFrozenDictionary();

    /// <summary>A namespace outside of MailDepot, and the rooms that may use it.</summary>
    private static readonly (string Namespace, string[] Rooms)[] Libraries =
    [
        ("Azure", ["Storage", "Spool", "Pop3", "Notices", "Ledger", "Index", "Archive", "Events", Root, Host]),
        ("MimeKit", ["Mail", "Journal", "Notices"]),
        ("UtfUnknown", ["Mail"]),
        ("MailKit", ["Notices"]),
        ("Microsoft.AspNetCore", [Host]),
        ("Microsoft.Azure.Functions", [Functions]),
        ("System.CommandLine", [Host]),
        ("Spectre.Console", [Host]),
    ];

    public static TheoryData<string> Assemblies =>
        [.. new[] { typeof(MailDepot.Mail.MailReader), typeof(MailDepot.Smtp.SmtpEndpoint), typeof(Pipeline), typeof(MailDepot.Host.Shutdown) }.Select(type => type.Assembly.Location).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_room_uses_only_what_the_table_allows(string assembly)
    {
        using var compiled = new CompiledAssembly(assembly);
        var uses = compiled.Uses().ToList();
        Assert.NotEmpty(uses);
        Assert.Empty(uses.Select(use => Room(use.Room)).Distinct().Except([.. Rooms.Keys, Root, Host, Functions])); // each room is in the table
        var forbidden = uses.Where(use => !IsAllowed(use)).Select(use => $"{use.Member} ({use.Room}) uses {use.Namespace}.{use.Name}").Distinct().Order().ToList();
        Assert.True(forbidden.Count == 0, string.Join('\n', forbidden));
    }

    [Fact]
    public void A_use_is_seen_without_a_using_line()
    {
        using var compiled = new CompiledAssembly(typeof(ArchitectureTests).Assembly.Location);
        var uses = compiled.Uses().Where(use => use.Member.StartsWith(nameof(Sample), StringComparison.Ordinal)).Select(use => (use.Member, use.Name)).ToList();
        Assert.Contains(("Sample.field", "MimeMessage"), uses);
        Assert.Contains(("Sample.InABody", "MailDate"), uses);
        Assert.Contains(("Sample.InAList", "MailboxAddress"), uses);
        Assert.Contains(uses, use => use.Member.StartsWith("Sample+<InAnAsyncMethodAsync>", StringComparison.Ordinal) && use.Name == "Digest");
    }

    [Fact]
    public void The_house_on_one_page_shows_the_same_table()
    {
        var page = File.ReadAllText(Clone.Path("src/README.md"));
        foreach (var (room, uses) in Rooms)
        {
            Assert.Matches($@"\| `{room}/` \|[^|]*\| {(uses.Length == 0 ? "–" : string.Join(", ", uses))} \|", page);
        }
    }

    private static bool IsAllowed(UsedType use)
    {
        var room = Room(use.Room);
        if (use.Namespace == nameof(MailDepot) || use.Namespace.StartsWith("MailDepot.", StringComparison.Ordinal))
        {
            var other = Room(use.Namespace);
            return other == room || !Rooms.TryGetValue(room, out var allowed) || other is Root || allowed.Contains(other);
        }

        return Libraries.All(library => (use.Namespace != library.Namespace && !use.Namespace.StartsWith(library.Namespace + ".", StringComparison.Ordinal)) || library.Rooms.Contains(room));
    }

    /// <summary>The word behind <c>MailDepot.</c>; of the root nothing.</summary>
    private static string Room(string space) => space.Split('.') is [_, var room, ..] ? room : Root;
}
