namespace MailDepot.Host.Local;

/// <summary>The folders searched for programs: the PATH, or what a test passes instead.</summary>
/// <param name="Text">Folders, with the operating system's separator.</param>
public sealed record SearchPath(string Text)
{
    /// <summary>The PATH of this process.</summary>
    public static SearchPath FromEnvironment() => new(Environment.GetEnvironmentVariable("PATH") ?? "");

    // npm and what it installs are .cmd files on Windows.
    private static readonly string[] Endings = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];

    /// <summary>The full path of the first program with this name, or null if there is none.</summary>
    public string? Find(string name)
    {
        var candidates =
            from folder in Text.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            from ending in Endings
            select Path.Combine(folder, name + ending);
        return candidates.FirstOrDefault(CanRun);
    }

    private static bool CanRun(string file) => File.Exists(file)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(file)
                & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None);
}
