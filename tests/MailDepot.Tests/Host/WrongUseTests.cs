namespace MailDepot.Tests.Host;

/// <summary>The answer to a wrong call: one sentence that names the way out, and exit code 2.</summary>
[Collection<Alone>]
public sealed class WrongUseTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("maildepot --help", "nonsense")]
    [InlineData("maildepot list --help", "list", "--count", "x")]
    [InlineData("maildepot pop3 edit --help", "pop3", "edit")]
    [InlineData("maildepot flagged list --help", "flagged", "list", "--flag", "odd")]
    [InlineData("maildepot smtp address new --help", "smtp", "address", "new", "one", "two")]
    public async Task It_points_to_the_help_of_the_whole_verb(string help, params string[] arguments)
    {
        var run = await CommandRun.OfAsync(folder.Path, arguments);
        Assert.EndsWith($" See `{help}`.\n", run.Errors, StringComparison.Ordinal);
        Assert.Equal((2, ""), (run.Code, run.Text));
    }

    [Theory]
    [InlineData("`--data` is for a local depot; the roles take their storage from the settings.", "--data", "somewhere")]
    [InlineData("`--json` is for verbs that print an answer; the roles only log, as lines of text.", "--json")]
    public async Task A_role_refuses_options_that_mean_nothing_to_it(string sentence, params string[] options)
    {
        foreach (var role in new[] { "smtp", "worker" })
        {
            var run = await CommandRun.OfAsync(folder.Path, [role, .. options]);
            Assert.Equal(new CommandRun(2, "", $"maildepot: {sentence}\n"), run);
        }
    }
}
