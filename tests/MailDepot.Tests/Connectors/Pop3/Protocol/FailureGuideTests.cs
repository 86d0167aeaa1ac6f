using System.Collections.Immutable;
using System.Reflection;
using System.Text.RegularExpressions;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Connectors.Pop3.Protocol;

/// <summary>The table in <c>src/guides/pop3.md</c> says what to do about every failure that a mailbox can have.</summary>
public sealed class FailureGuideTests
{
    /// <summary>Stands for whatever a sentence names: a server, a reason, a count.</summary>
    private const string Gap = "…";

    /// <summary>One of each failure, and both of those that read differently by a flag.</summary>
    private static readonly ImmutableArray<Pop3Failure> Failures =
    [
        .. typeof(Pop3Failure).GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(factory => factory.IsAssembly && factory.ReturnType == typeof(Pop3Failure)
                && factory.Name is not (nameof(Pop3Failure.FromRow) or nameof(Pop3Failure.PasswordStore))) // these pass on a sentence
            .SelectMany(factory => new[] { false, true }.Select(flag => Make(factory, flag))),
    ];

    /// <summary>What the first column says; a server's own reply is in backticks.</summary>
    private static readonly ImmutableArray<string> Rows =
    [
        .. File.ReadAllLines(Clone.Path("src/guides/pop3.md"))
            .SkipWhile(line => !line.StartsWith("| it says | what to do |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|')).SelectMany(line => line.Split('|')[1].Split(", "))
            .Select(phrase => phrase.Trim()).Where(phrase => !phrase.StartsWith('`')),
    ];

    [Fact]
    public void Every_kind_of_failure_has_a_sentence() => Assert.Equal(
        Enum.GetNames<Pop3FailureKind>().Order(StringComparer.Ordinal),
        Failures.Select(failure => $"{failure.Kind}").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_sentence_about_a_mailbox_that_fails_has_a_row() =>
        Assert.All(Failures, failure => Assert.Contains(Rows, phrase => Says(failure.Sentence, phrase)));

    [Fact]
    public void Every_row_is_about_a_sentence() => Assert.All(
        Rows.Except(["nobody has begun to collect"], StringComparer.Ordinal), // `pop3 poll` says it
        phrase => Assert.Contains(Failures, failure => Says(failure.Sentence, phrase)));

    [Fact]
    public void Every_failure_reads_as_sentences() =>
        Assert.All(
            Failures.SelectMany(failure => new[] { failure.Sentence, failure.WayOut }), text => Assert.Matches("^[^a-z].*[.]$", text));

    private static bool Says(string sentence, string phrase)
    {
        var pattern = string.Join(".*", phrase.Split(Gap).Select(part => Regex.Escape(part.Trim())));
        return Regex.IsMatch(sentence, pattern, RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1));
    }

    private static Pop3Failure Make(MethodInfo factory, bool flag)
    {
        var mailbox = new MailboxOptions { Name = Gap, Host = Gap, User = Gap, PasswordSetting = Gap, TokenEndpoint = Gap };
        object Argument(ParameterInfo parameter) => parameter.ParameterType switch
        {
            var type when type == typeof(MailboxOptions) => mailbox,
            var type when type == typeof(string) => Gap,
            var type when type == typeof(bool) => flag,
            var type when type == typeof(int) => flag ? 1 : 2,
            var type when type == typeof(DateTime) => default(DateTime),
            var type => throw new NotSupportedException($"{factory.Name} wants a {type.Name}."),
        };
        return (Pop3Failure)factory.Invoke(null, [.. factory.GetParameters().Select(Argument)])!;
    }
}
