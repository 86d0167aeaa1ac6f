using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace MailDepot.Tests;

/// <summary>Holds the table of rooms in <c>src/README.md</c>: who may use whom, and which library belongs where.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>The rooms of the library in the order in which a mail walks, and what each may use.</summary>
    private static readonly FrozenDictionary<string, string[]> Rooms = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Mail"] = [],
        ["Journal"] = ["Mail"],
        ["Storage"] = [],
        ["Events"] = ["Storage"],
        ["Spool"] = ["Mail", "Storage", "Events"],
        ["Smtp"] = ["Mail", "Spool"],
        ["Pop3"] = ["Mail", "Spool", "Storage", "Events"],
        ["Notices"] = ["Mail", "Pop3", "Storage", "Events"],
        ["Ledger"] = ["Mail", "Journal", "Storage", "Events"],
        ["Index"] = ["Mail", "Ledger", "Storage", "Events"],
        ["Archive"] = ["Mail", "Journal", "Spool", "Ledger", "Index", "Storage", "Events"],
    }.ToFrozenDictionary();

    /// <summary>A namespace outside the library, and the rooms that may use it.</summary>
    private static readonly (string Namespace, string[] Rooms)[] Libraries =
    [
        ("Azure", ["Storage", "Spool", "Pop3", "Notices", "Ledger", "Index", "Archive", "Events"]),
        ("MimeKit", ["Mail", "Journal", "Notices"]),
        ("MailKit", ["Notices"]),
        ("Microsoft.AspNetCore", []),
    ];

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Clone.Path("src/MailDepot"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(Clone.Path("src/MailDepot"), file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_room_uses_only_what_the_table_allows(string file)
    {
        if (Path.GetDirectoryName(file) is not { Length: > 0 } room)
        {
            return; // the root composes all
        }

        Assert.True(Rooms.ContainsKey(room), $"{file}: the room {room} is not in the table.");
        foreach (var used in Used(file))
        {
            if (used.StartsWith("MailDepot.", StringComparison.Ordinal))
            {
                var other = used.Split('.')[1];
                Assert.True(other == room || !Rooms.ContainsKey(other) || Rooms[room].Contains(other), $"{file} uses {used}, and {room} may not.");
            }

            foreach (var (library, rooms) in Libraries.Where(entry => used == entry.Namespace || used.StartsWith(entry.Namespace + ".", StringComparison.Ordinal)))
            {
                Assert.True(rooms.Contains(room), $"{file} uses {used}: {library} belongs in {string.Join(", ", rooms)} only.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_is_one_idea_of_a_few_hundred_lines_at_most(string file) =>
        Assert.InRange(File.ReadLines(Path.Combine(Clone.Path("src/MailDepot"), file)).Count(), 1, 260);

    [Fact]
    public void The_house_on_one_page_shows_the_same_table()
    {
        var page = File.ReadAllText(Clone.Path("src/README.md"));
        foreach (var (room, uses) in Rooms)
        {
            Assert.Matches($@"\| `{room}/` \|[^|]*\| {(uses.Length == 0 ? "–" : string.Join(", ", uses))} \|", page);
        }
    }

    private static IEnumerable<string> Used(string file) =>
        UsingLine().Matches(File.ReadAllText(Path.Combine(Clone.Path("src/MailDepot"), file))).Select(match => match.Groups["name"].Value);

    [GeneratedRegex(@"^using (static )?(?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex UsingLine();
}
