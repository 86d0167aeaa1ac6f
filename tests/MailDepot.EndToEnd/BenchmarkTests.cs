namespace MailDepot.EndToEnd;

/// <summary>Keeps the benchmarks working: each runs for seconds, with a few mails and the real parts. Speed does not count.</summary>
public sealed class BenchmarkTests
{
    private static readonly string Benchmarks = Path.Combine(AppContext.BaseDirectory, "MailDepot.Benchmarks");

    /// <summary>Every command with a file of its own, so that a new one runs too.</summary>
    public static TheoryData<string> Commands => [.. Directory
        .EnumerateFiles(Clone.Path("tests/MailDepot.Benchmarks"), "*Command.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetFileNameWithoutExtension(file).Replace("Command", "", StringComparison.Ordinal).ToLowerInvariant())
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Each_benchmark_runs_to_its_end_with_a_few_mails(string benchmark)
    {
        var run = await Command.RunAsync(Benchmarks, Clone.Top, await RunningDepot.UsualEnvironmentAsync(), benchmark, "--smoke");
        Assert.True(run.Code == 0, $"`{benchmark} --smoke` ended with {run.Code}: {run.Errors}{run.Text}");
        Assert.NotEmpty(run.Text);
    }

    [Theory]
    [InlineData("pop3", "fetchmail and mpop are missing: install the Debian packages fetchmail and mpop.")]
    [InlineData("smtp", "node and npm are missing: install the Debian packages nodejs and npm.")]
    public async Task A_missing_program_is_one_sentence_that_names_its_package(string benchmark, string sentence)
    {
        // Every program it needs except the missing ones.
        using var programs = new TemporaryFolder();
        foreach (var program in new[] { "dovecot", "openssl", "smtp-sink", "smtp-source" })
        {
            File.CreateSymbolicLink(Path.Combine(programs.Path, program), "/bin/true");
        }

        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["PATH"] = programs.Path };
        var run = await Command.RunAsync(Benchmarks, Clone.Top, environment, benchmark, "--smoke");
        Assert.Equal((2, "", sentence + "\n"), (run.Code, run.Text, run.Errors));
    }

    [Theory]
    [InlineData("nowhere is not a folder", "parse", "--mails", "nowhere")]
    [InlineData("'--mials'", "parse", "--mials", "nowhere")]
    public async Task A_wrong_call_ends_like_one_of_maildepot(string words, params string[] arguments)
    {
        var run = await Command.RunAsync(Benchmarks, Clone.Top, new Dictionary<string, string?>(StringComparer.Ordinal), arguments);
        Assert.Equal(2, run.Code);
        Assert.Contains(words, run.Errors, StringComparison.Ordinal);
    }
}
