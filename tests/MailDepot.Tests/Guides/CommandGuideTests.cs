using System.CommandLine;
using System.Text.RegularExpressions;
using MailDepot.Host;
using MailDepot.Host.Terminal;

namespace MailDepot.Tests.Guides;

/// <summary>Checks <c>src/guides/command.md</c>: it has every verb and every option, and none that does not exist.</summary>
public sealed partial class CommandGuideTests
{
    private static readonly string Guide = File.ReadAllText(Clone.Path("src/guides/command.md"));

    private static readonly (string Path, Command Command)[] Verbs = [.. Below("maildepot", MailDepotCommand.Root())];

    [Fact]
    public void Every_verb_is_explained()
    {
        var runnable = Verbs.Where(verb => verb.Command.Subcommands.Count == 0 || verb.Command.Action is not null);
        Assert.Equal([], runnable.Select(verb => verb.Path).Where(path => !Guide.Contains($"`{path}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_option_is_explained() =>
        Assert.Equal([], Options().Where(option => !Named().Contains(option)));

    [Fact]
    public void Every_option_that_is_explained_exists() =>
        Assert.Equal([], Named().Except(Options()).Except(["--help"]));

    private static IEnumerable<string> Options() => Verbs.SelectMany(verb => verb.Command.Options)
        .Concat([CommandLine.Json, CommandLine.Data])
        .Select(option => option.Name)
        .Distinct();

    private static IEnumerable<string> Named() => OptionName().Matches(Guide).Select(match => match.Groups["name"].Value).Distinct();

    private static IEnumerable<(string Path, Command Command)> Below(string path, Command command) =>
        command.Subcommands.SelectMany(child => Below($"{path} {child.Name}", child).Prepend(($"{path} {child.Name}", child)));

    [GeneratedRegex("`[^`]*?(?<name>--[a-z][a-z0-9-]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex OptionName();
}
