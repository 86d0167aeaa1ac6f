using MailDepot.Host.Local;

namespace MailDepot.Benchmarks;

/// <summary>The programs that a benchmark runs beside ours.</summary>
internal static class Peers
{
    /// <summary>Where Debian puts programs for root, which is not on every user's PATH.</summary>
    private static readonly SearchPath SystemPrograms = new("/usr/sbin");

    /// <summary>Checks for all programs before anything is measured.</summary>
    /// <exception cref="StartException">Some are missing; the message names them and their packages.</exception>
    public static void Require(params (string Program, string Package)[] programs)
    {
        var missing = programs.Where(peer => Path(peer.Program) is null).ToList();
        if (missing.Count > 0)
        {
            var names = string.Join(" and ", missing.Select(peer => peer.Program));
            var packages = missing.Select(peer => peer.Package).Distinct(StringComparer.Ordinal).ToList();
            throw new StartException(
                $"{names} {(missing.Count == 1 ? "is" : "are")} missing: "
                + $"install the Debian package{(packages.Count == 1 ? "" : "s")} {string.Join(" and ", packages)}.");
        }
    }

    /// <summary>The path of a required program.</summary>
    public static string Find(string program) => Path(program) ?? throw new StartException($"{program} is missing.");

    private static string? Path(string program) => SearchPath.FromEnvironment().Find(program) ?? SystemPrograms.Find(program);
}
