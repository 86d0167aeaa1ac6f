using System.Collections.Immutable;
using System.Globalization;

namespace MailDepot.Host.Local;

/// <summary>Installs Azurite with npm, once for a data folder.</summary>
/// <remarks>
/// npm installs into a sibling folder, which is renamed into place when npm is done: what is in place is complete. A lock
/// file lets one process install while others wait; the operating system frees it when its holder dies.
/// </remarks>
public sealed class AzuriteInstall(LocalFolder folder, SearchPath path, Action<string> progress, TimeProvider clock)
{
    /// <summary>The newest that supports Node.js 20.</summary>
    public const string AzuriteVersion = "3.35.0";

    // After about ten seconds a person expects a sign of progress.
    private static readonly TimeSpan BetweenSigns = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    // Lines of npm's output that do not name the cause; what remains begins with it.
    private static readonly ImmutableArray<string> Noise =
    [
        "code ", "errno ", "syscall ", "path ", "dest ", "type ", "network This ", "network In most ", "network If you ", "network 'proxy'",
        "A complete log ", "Log files ", "warn ",
    ];

    /// <summary>What <c>node</c> runs once it is installed.</summary>
    public string Script { get; } = Path.Combine(folder.AzuriteTool, "node_modules", "azurite", "dist", "src", "azurite.js");

    /// <summary>Already installed; npm is no longer needed.</summary>
    public bool IsDone => File.Exists(Script);

    /// <summary>Installs it, or waits for another process that is installing it. Safe to repeat after any interruption.</summary>
    /// <exception cref="StartException">npm is missing or failed; says why and what to do instead.</exception>
    public async Task RunAsync(CancellationToken token)
    {
        var npm = path.Find("npm") ?? throw new StartException(
            "The local storage, Azurite, is installed with npm, and there is none on the PATH: install Node.js "
                + $"{AzuriteProgram.OldestNode} or newer with npm (https://nodejs.org), or name an installed Azurite in the "
                + "configuration key MailDepot:Azurite.");
        Directory.CreateDirectory(folder.Path);
        await using var alone = await AloneAsync(token);
        if (IsDone)
        {
            return;
        }

        var started = clock.GetTimestamp();
        progress($"Installing Azurite {AzuriteVersion}, the local storage, with npm into {folder.AzuriteTool}: once, under a minute.");
        var beside = folder.AzuriteTool + "-unfinished";
        Remove(beside);
        Directory.CreateDirectory(beside);
        await WithSignsAsync("Installing Azurite", NpmAsync(npm, beside, token), token);
        Remove(folder.AzuriteTool);
        Directory.Move(beside, folder.AzuriteTool);
        progress($"Azurite is installed ({Seconds(started)} s).");
    }

    private async Task NpmAsync(string npm, string into, CancellationToken token)
    {
        // Neither Azurite nor its dependencies need a build at installation, so no package may run a script here. Without a
        // network npm gives up after 70 s by default; these times, in milliseconds, make it 7 s.
        var run = await ProgramRun.ToEndAsync(
            npm,
            [
                "install", "--prefix", into, "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress",
                "--no-update-notifier", "--loglevel=error",
                "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000", $"azurite@{AzuriteVersion}",
            ],
            path,
            token);
        if (run.ExitCode != 0 || !File.Exists(Path.Combine(into, Path.GetRelativePath(folder.AzuriteTool, Script))))
        {
            throw new StartException(
                $"npm could not install Azurite ({Cause(run)}): fix that and try again, or name an installed Azurite in "
                    + "the configuration key MailDepot:Azurite.");
        }
    }

    /// <summary>The first line of npm's errors that gives the cause: codes precede it, advice and log paths follow it.</summary>
    private static string Cause(ProgramRun run)
    {
        var said = run.Errors
            .Select(line => line
                .Replace("npm error", "", StringComparison.Ordinal)
                .Replace("npm ERR!", "", StringComparison.Ordinal)
                .Trim())
            .Where(line => line.Length > 0)
            .ToList();
        return said.Find(line => !Noise.Any(noise => line.StartsWith(noise, StringComparison.Ordinal)))
            ?? said.LastOrDefault($"exit code {run.ExitCode}, without output");
    }

    private async Task<FileStream> AloneAsync(CancellationToken token)
    {
        var started = clock.GetTimestamp();
        var told = TimeSpan.Zero;
        while (true)
        {
            try
            {
                return new FileStream(folder.AzuriteTool + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(folder.AzuriteTool + ".lock"))
            {
                // Another process holds the lock and is installing: check again until it is done or gone.
            }

            if (clock.GetElapsedTime(started) - told >= BetweenSigns)
            {
                told = clock.GetElapsedTime(started);
                progress($"Waiting for another process that installs Azurite: {Seconds(started)} s.");
            }

            await Task.Delay(BetweenLooks, clock, token);
        }
    }

    private async Task WithSignsAsync(string what, Task work, CancellationToken token)
    {
        var started = clock.GetTimestamp();
        while (await Task.WhenAny(work, Task.Delay(BetweenSigns, clock, token)) != work && !token.IsCancellationRequested)
        {
            progress($"{what}: {Seconds(started)} s.");
        }

        await work;
    }

    private static void Remove(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private string Seconds(long started) => clock.GetElapsedTime(started).TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
}
