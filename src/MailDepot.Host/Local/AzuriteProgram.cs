using System.Collections.Immutable;
using System.ComponentModel;

namespace MailDepot.Host.Local;

/// <summary>How to run Azurite, the storage that stands in for Azure on one machine.</summary>
/// <param name="File">The executable: Azurite's own, or <c>node</c>.</param>
/// <param name="Arguments">Arguments before Azurite's own options: its script, if <paramref name="File"/> is <c>node</c>.</param>
public sealed record AzuriteProgram(string File, ImmutableArray<string> Arguments)
{
    /// <summary>The oldest Node.js in support when this was written; Azurite 3.35.0 runs on it.</summary>
    public const int OldestNode = 20;

    private const string OtherWay = "or name an installed Azurite in the configuration key MailDepot:Azurite";

    /// <summary>
    /// Finds Azurite: the one that configuration names; else <c>azurite</c> on the PATH; else one of our own, which npm
    /// installs once into the data folder.
    /// </summary>
    /// <param name="folder">Where our own is, or will be.</param>
    /// <param name="configured">An executable or an <c>azurite.js</c>; a missing file is an error and never ignored.</param>
    /// <param name="path">Where <c>azurite</c>, <c>node</c> and <c>npm</c> are looked for.</param>
    /// <param name="progress">Takes sentences for the person waiting; called only when something takes long.</param>
    /// <param name="clock">Measures the installation.</param>
    /// <param name="token">Ends npm too.</param>
    /// <exception cref="StartException">Azurite was not found and can't be installed; says what to install.</exception>
    public static async Task<AzuriteProgram> FindAsync(
        LocalFolder folder, string? configured, SearchPath path, Action<string> progress, TimeProvider clock, CancellationToken token)
    {
        if (!string.IsNullOrWhiteSpace(configured))
        {
            return System.IO.File.Exists(configured)
                ? await RunnableAsync(Path.GetFullPath(configured), path, token)
                : throw new StartException(
                    $"The configuration key MailDepot:Azurite names {configured}, but there is no such file: correct or "
                    + "remove the key.");
        }

        if (path.Find("azurite") is { } found)
        {
            return new AzuriteProgram(found, []);
        }

        var install = new AzuriteInstall(folder, path, progress, clock);
        if (!install.IsDone)
        {
            // Checked before npm runs: its own complaint about an old Node.js is a page long.
            await NodeAsync(path, token);
            await install.RunAsync(token);
        }

        return await RunnableAsync(install.Script, path, token);
    }

    private static async Task<AzuriteProgram> RunnableAsync(string file, SearchPath path, CancellationToken token) =>
        file.EndsWith(".js", StringComparison.OrdinalIgnoreCase)
            ? new AzuriteProgram(await NodeAsync(path, token), [file])
            : new AzuriteProgram(file, []);

    private static async Task<string> NodeAsync(SearchPath path, CancellationToken token)
    {
        var node = path.Find("node") ?? throw new StartException(
            $"The local storage, Azurite, needs Node.js, and there is none on the PATH: install Node.js {OldestNode} or newer "
                + $"(https://nodejs.org), {OtherWay}.");
        var version = await VersionAsync(node, path, token);
        return Major(version) >= OldestNode ? node : throw new StartException(
            $"The local storage, Azurite, needs Node.js {OldestNode} or newer, and {node} is "
                + $"{(version.Length > 0 ? version : "not working")}: install a newer one (https://nodejs.org), {OtherWay}.");
    }

    private static async Task<string> VersionAsync(string node, SearchPath path, CancellationToken token)
    {
        try
        {
            var run = await ProgramRun.ToEndAsync(node, ["--version"], path, token);
            return run.Output.FirstOrDefault("").Trim();
        }
        catch (Win32Exception)
        {
            // The file has the name and the mode of a program but is not one.
            return "";
        }
    }

    /// <summary>20 of <c>v20.20.2</c>; 0 of anything else.</summary>
    private static int Major(string version) =>
        Version.TryParse(version.TrimStart('v'), out var parsed) ? parsed.Major : 0;
}
