using System.Text.RegularExpressions;

namespace MailDepot.Tests.Guides;

/// <summary>Checks the pages: their links, and the paths and names they mention, exist; the two entry pages stay short.</summary>
public sealed partial class PagesTests
{
    /// <summary>Folders that builds, packages and runs leave in a clone.</summary>
    private static readonly string[] NotOurs = ["bin", "obj", "node_modules", ".git", ".maildepot"];

    /// <summary>Each word of the code, tests and projects included.</summary>
    private static readonly Lazy<HashSet<string>> Names = new(() => [.. new[] { "*.cs", "*.csproj" }
        .SelectMany(kind => Files(new DirectoryInfo(Clone.Top), kind))
        .SelectMany(file => Word().Matches(File.ReadAllText(file)).Select(match => match.Value))]);

    /// <summary>Every page, by its path from the top.</summary>
    public static TheoryData<string> Pages => [.. Files(new DirectoryInfo(Clone.Top), "*.md")
        .Select(file => Path.GetRelativePath(Clone.Top, file).Replace('\\', '/'))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_to_a_file_and_a_heading(string page)
    {
        var broken = Link().Matches(Prose(page)).Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains(':', StringComparison.Ordinal) && !Leads(page, target))
            .ToList();
        Assert.True(broken.Count == 0, $"{page} has broken links: {string.Join(", ", broken)}");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_named_path_exists(string page)
    {
        var missing = NamedPath().Matches(Prose(page)).Select(match => match.Groups["path"].Value)
            .Where(path => !Exists(Clone.Path(path)))
            .ToList();
        Assert.True(missing.Count == 0, $"{page} names paths that do not exist: {string.Join(", ", missing)}");
    }

    /// <summary>Rooms' pages and decisions name classes, members and settings. One that was renamed would mislead.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_name_of_the_code_is_in_the_code(string page)
    {
        var unknown = CodeName().Matches(page.StartsWith("src/", StringComparison.Ordinal) ? Prose(page) : "")
            .SelectMany(match => match.Groups["name"].Value.Split('.')).Where(name => !Names.Value.Contains(name)).ToList();
        Assert.True(unknown.Count == 0, $"{page} has names that the code does not have: {string.Join(", ", unknown)}");
    }

    [Theory]
    [InlineData("README.md", 150)]
    [InlineData("src/README.md", 100)]
    public void The_entry_page_stays_short(string page, int most) => Assert.InRange(File.ReadAllLines(Clone.Path(page)).Length, 1, most);

    private static IEnumerable<string> Files(DirectoryInfo folder, string kind)
    {
        var below = folder.EnumerateDirectories().Where(child => !NotOurs.Contains(child.Name, StringComparer.Ordinal));
        return folder.EnumerateFiles(kind).Select(file => file.FullName).Concat(below.SelectMany(child => Files(child, kind)));
    }

    /// <summary>The page without its blocks of code.</summary>
    private static string Prose(string page) => CodeBlock().Replace(File.ReadAllText(Clone.Path(page)), "");

    private static bool Leads(string page, string target)
    {
        var parts = target.Split('#', 2);
        var file = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
        return Exists(Clone.Path(file))
            && (parts.Length == 1 || Heading().Matches(Prose(file)).Any(match => Anchor(match.Groups["text"].Value) == parts[1]));
    }

    /// <summary>As GitHub makes it: lower case, hyphens for spaces, no punctuation.</summary>
    private static string Anchor(string heading) => string.Concat(heading.Trim().ToLowerInvariant()
        .Where(letter => char.IsLetterOrDigit(letter) || letter is ' ' or '-' or '_')
        .Select(letter => letter == ' ' ? '-' : letter));

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Link();

    [GeneratedRegex(
        @"`(?<path>(src|tests|infra|findings|\.github|\.ci)/[\w./-]*)`",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NamedPath();

    /// <summary>In backticks, with a capital and a small letter at the start, and perhaps a member.</summary>
    [GeneratedRegex(@"`(?<name>[A-Z][a-z]\w*(\.[A-Z]\w*)*)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex CodeName();

    [GeneratedRegex(@"\w+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Word();

    [GeneratedRegex("^ *```.*?^ *```", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Heading();
}
