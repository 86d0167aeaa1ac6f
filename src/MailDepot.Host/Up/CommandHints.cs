using MailDepot.Host.Local;
using MailDepot.Host.Terminal;

namespace MailDepot.Host.Up;

/// <summary>How to call this program from the user's current shell: a hint that does not work is worse than none.</summary>
internal static class CommandHints
{
    /// <summary><c>maildepot</c> if the PATH leads to this program, else its path; with <c>--data</c> if that was given.</summary>
    public static string Call(UpSettings settings)
    {
        var own = Environment.ProcessPath ?? CommandLine.Name;
        var found = SearchPath.FromEnvironment().Find(CommandLine.Name);
        var program = found is not null && Same(found, own) ? CommandLine.Name : Relative(own);
        return settings.Data is null ? program : $"{program} --data {Quote(settings.Data)}";
    }

    private static bool Same(string one, string other) => Resolve(one) == Resolve(other);

    private static string Resolve(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);

    private static string Relative(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return Quote(relative.StartsWith("..", StringComparison.Ordinal) ? path : relative);
    }

    private static string Quote(string text) => text.Any(char.IsWhiteSpace) ? $"\"{text}\"" : text;
}
