namespace MailDepot.Testing;

/// <summary>The clone that these tests were built from.</summary>
public static class Clone
{
    /// <summary>The folder with the solution.</summary>
    public static string Top { get; } = Find();

    /// <summary>A path below it.</summary>
    public static string Path(string relative) => System.IO.Path.Combine(Top, relative);

    private static string Find()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(at.FullName, "MailDepot.sln")))
        {
            at = at.Parent ?? throw new InvalidOperationException($"There is no MailDepot.sln above {AppContext.BaseDirectory}.");
        }

        return at.FullName;
    }
}
