namespace MailDepot.Tests.Host.Commands;

/// <summary>Verbs that take an archive container's name answer alike.</summary>
[Collection<Alone>]
public sealed class ContainerArgumentTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("list")]
    [InlineData("flagged", "list")]
    [InlineData("reread", "--flagged")]
    [InlineData("index", "check")]
    [InlineData("index", "rebuild")]
    public async Task An_unknown_archive_container_is_the_same_sentence_to_each_verb(params string[] verb)
    {
        var account = await azurite.NextAccountAsync();
        await using var depot = await TestDepot.CreateAsync(account);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["MailDepot__WorkStorage"] = account };
        var run = await CommandRun.OfAsync(folder.Path, variables, [.. verb, "elsewhere"]);
        const string sentence =
            "maildepot: There is no archive container 'elsewhere': `maildepot container list` shows those there are.\n";
        Assert.Equal(new CommandRun(1, "", sentence), run);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("flagged", "list")]
    [InlineData("reread")]
    [InlineData("index", "check")]
    public async Task A_misspelt_option_is_not_taken_for_an_archive_container(params string[] verb)
    {
        var run = await CommandRun.OfAsync(folder.Path, [.. verb, "--foo"]);
        var sentence = $"maildepot: There is no option '--foo' here. See `maildepot {string.Join(' ', verb)} --help`.\n";
        Assert.Equal(new CommandRun(2, "", sentence), run);
    }
}
