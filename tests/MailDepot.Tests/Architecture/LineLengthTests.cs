namespace MailDepot.Tests.Architecture;

/// <summary>Holds the width of C#: a line fits a split editor and a diff.</summary>
public sealed class LineLengthTests
{
    /// <summary>In characters, without the line end.</summary>
    private const int MaxColumns = 140;

    /// <summary>What builds put between the sources, generated code included.</summary>
    private static readonly string[] BuildFolders = ["bin", "obj"];

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void Every_line_fits(string folder)
    {
        var files = Directory.EnumerateFiles(Clone.Path(folder), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Clone.Top, file))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Intersect(BuildFolders, StringComparer.Ordinal).Any())
            .Order(StringComparer.Ordinal)
            .ToList();
        Assert.NotEmpty(files);
        var wide = files.SelectMany(WideLines).ToList();
        Assert.True(wide.Count == 0, $"{wide.Count} lines have more than {MaxColumns} characters:\n{string.Join('\n', wide)}");
    }

    private static IEnumerable<string> WideLines(string file) => File.ReadLines(Clone.Path(file))
        .Index()
        .Where(line => line.Item.EnumerateRunes().Count() > MaxColumns)
        .Select(line => $"{file}:{line.Index + 1}");
}
