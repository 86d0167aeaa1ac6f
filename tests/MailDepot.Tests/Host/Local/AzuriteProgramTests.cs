using System.Collections.Concurrent;
using MailDepot.Host.Local;

namespace MailDepot.Tests.Host.Local;

/// <summary>With programs of our own in place of node and npm, whose real failures are known but can't be repeated at will.</summary>
public sealed class AzuriteProgramTests : IDisposable
{
    // Creates what npm would create, where `install --prefix DIR` says, and counts its runs.
    private const string NpmThatInstalls =
        """
        echo "added 298 packages"
        echo run >> "$(dirname "$0")/runs"
        mkdir -p "$3/node_modules/azurite/dist/src"
        echo "// Azurite" > "$3/node_modules/azurite/dist/src/azurite.js"
        """;

    // As npm 10 writes it without a network.
    private const string NpmWithoutNetwork =
        """
        cat >&2 <<'END'
        npm error code ENOTFOUND
        npm error syscall getaddrinfo
        npm error errno ENOTFOUND
        npm error network request to https://registry.example.org/azurite failed, reason: getaddrinfo ENOTFOUND registry.example.org
        npm error network This is a problem related to network connectivity.
        npm error network In most cases you are behind a proxy or have bad network settings.
        npm error A complete log of this run can be found in: /home/anna/.npm/_logs/debug-0.log
        END
        exit 1
        """;

    private readonly TemporaryFolder temporary = new();
    private readonly ConcurrentQueue<string> progress = new();

    [Fact]
    public async Task What_configuration_names_is_run()
    {
        var executable = temporary.Program("own/azurite", "");
        var node = temporary.Program("bin/node", "echo v20.20.2");
        await File.WriteAllTextAsync(temporary.In("azurite.js"), "", TestContext.Current.CancellationToken);

        var asProgram = await FindAsync(executable);
        var asScript = await FindAsync(temporary.In("azurite.js"));

        Assert.Equal((executable, ""), (asProgram.File, string.Join(' ', asProgram.Arguments)));
        Assert.Equal((node, temporary.In("azurite.js")), (asScript.File, string.Join(' ', asScript.Arguments)));
    }

    [Fact]
    public async Task A_configured_one_that_does_not_exist_is_never_ignored()
    {
        temporary.Program("bin/azurite", "");

        Assert.Equal(
            "The configuration key MailDepot:Azurite names /nowhere/azurite, but there is no such file: correct or remove the key.",
            await RefusalAsync("/nowhere/azurite"));
    }

    [Fact]
    public async Task One_on_the_path_comes_before_an_installation()
    {
        var found = temporary.Program("bin/azurite", "");

        Assert.Equal(found, (await FindAsync(null)).File);
        Assert.Empty(progress);
    }

    [Fact]
    public async Task Without_node_the_error_says_what_to_install_and_the_alternative() =>
        Assert.Equal(
            "The local storage, Azurite, needs Node.js, and there is none on the PATH: install Node.js 20 or newer "
            + "(https://nodejs.org), or name an installed Azurite in the configuration key MailDepot:Azurite.",
            await RefusalAsync(null));

    [Fact]
    public async Task An_old_node_is_named_with_its_version()
    {
        var node = temporary.Program("bin/node", "echo v16.20.1");

        Assert.Equal(
            $"The local storage, Azurite, needs Node.js 20 or newer, and {node} is v16.20.1: install a newer one "
            + "(https://nodejs.org), or name an installed Azurite in the configuration key MailDepot:Azurite.",
            await RefusalAsync(null));
    }

    [Fact]
    public async Task Without_npm_the_error_says_what_to_install_and_the_alternative()
    {
        temporary.Program("bin/node", "echo v20.20.2");

        Assert.Equal(
            "The local storage, Azurite, is installed with npm, and there is none on the PATH: install Node.js 20 or newer with npm "
            + "(https://nodejs.org), or name an installed Azurite in the configuration key MailDepot:Azurite.",
            await RefusalAsync(null));
    }

    [Fact]
    public async Task When_npm_fails_the_error_has_its_reason_and_nothing_is_left()
    {
        temporary.Program("bin/node", "echo v20.20.2");
        temporary.Program("bin/npm", NpmWithoutNetwork);

        Assert.Equal(
            "npm could not install Azurite (network request to https://registry.example.org/azurite failed, reason: getaddrinfo "
            + "ENOTFOUND registry.example.org): fix that and try again, or name an installed Azurite in the configuration key "
            + "MailDepot:Azurite.",
            await RefusalAsync(null));
        Assert.False(Directory.Exists(temporary.Local.AzuriteTool));
    }

    [Fact]
    public async Task Npm_installs_once_however_many_ask_at_the_same_time()
    {
        var node = temporary.Program("bin/node", "echo v20.20.2");
        temporary.Program("bin/npm", NpmThatInstalls);

        var found = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => FindAsync(null)));

        Assert.All(found, program => Assert.Equal(node, program.File));
        Assert.True(File.Exists(Assert.Single(found[0].Arguments)));
        Assert.Single(await File.ReadAllLinesAsync(temporary.In("bin/runs"), TestContext.Current.CancellationToken));
        Assert.Collection(
            progress,
            first => Assert.StartsWith("Installing Azurite 3.35.0, the local storage, with npm into ", first, StringComparison.Ordinal),
            last => Assert.StartsWith("Azurite is installed (", last, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_an_interrupted_installation_left_is_cleared_away()
    {
        temporary.Program("bin/node", "echo v20.20.2");
        temporary.Program("bin/npm", NpmThatInstalls);
        var left = temporary.Local.AzuriteTool + "-unfinished";
        Directory.CreateDirectory(Path.Combine(left, "node_modules", "half"));

        await FindAsync(null);

        Assert.False(Directory.Exists(left));
        Assert.False(Directory.Exists(Path.Combine(temporary.Local.AzuriteTool, "node_modules", "half")));
    }

    public void Dispose() => temporary.Dispose();

    private Task<AzuriteProgram> FindAsync(string? configured) => AzuriteProgram.FindAsync(
        temporary.Local,
        configured,
        new SearchPath(temporary.In("bin")),
        progress.Enqueue,
        TimeProvider.System,
        TestContext.Current.CancellationToken);

    private async Task<string> RefusalAsync(string? configured) =>
        (await Assert.ThrowsAsync<StartException>(() => FindAsync(configured))).Message;
}
