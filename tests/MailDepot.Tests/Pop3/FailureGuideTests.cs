using System.Text;
using System.Text.RegularExpressions;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Tests.Pop3;

/// <summary>Holds the table in <c>src/guides/pop3.md</c> of what to do when a mailbox fails against the sentences in the source.</summary>
public sealed partial class FailureGuideTests
{
    /// <summary>In a sentence what is put in, in the table anything.</summary>
    private const char Gap = '…';

    private static readonly (string Kind, string Words)[] Sentences =
        [.. Directory.EnumerateFiles(Clone.Path("src/MailDepot/Connectors/Pop3"), "*.cs", SearchOption.AllDirectories).SelectMany(file => In(File.ReadAllText(file)))];

    /// <summary>What the first column says; a server's own words stand in backticks.</summary>
    private static readonly string[] Guide =
    [
        .. File.ReadAllLines(Clone.Path("src/guides/pop3.md")).SkipWhile(line => !line.StartsWith("| it says | what to do |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|')).SelectMany(line => line.Split('|')[1].Split(", ")).Select(words => words.Trim()).Where(words => !words.StartsWith('`')),
    ];

    [Fact]
    public void Every_kind_of_failure_has_a_sentence() =>
        Assert.Equal(Enum.GetNames<Pop3FailureKind>().Order(StringComparer.Ordinal), Sentences.Select(sentence => sentence.Kind).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_sentence_about_a_mailbox_that_fails_has_a_row() =>
        Assert.All(Sentences, sentence => Assert.Contains(Guide, words => Says(sentence.Words, words)));

    [Fact]
    public void Every_row_is_about_a_sentence() =>
        Assert.All(Guide.Except(["nobody has begun to collect"]), words => Assert.Contains(Sentences, sentence => Says(sentence.Words, words)));

    private static bool Says(string sentence, string words) => Regex.IsMatch(
        sentence, string.Join(".*", words.Split(Gap).Select(part => Regex.Escape(part.Trim()))), RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1));

    private static IEnumerable<(string Kind, string Words)> In(string source) =>
        KindAndSentence().Matches(source).Select(match => (match.Groups["kind"].Value, Literal(source, match.Index + match.Length)));

    /// <summary>The text up to the end of the literal, a gap for each hole: in a hole may be literals again.</summary>
    private static string Literal(string source, int at)
    {
        var text = new StringBuilder();
        for (var depth = 0; depth > 0 || source[at] != '"'; at++)
        {
            depth += source[at] switch { '{' => 1, '}' => -1, _ => 0 };
            _ = depth > 0 ? text : text.Append(source[at] == '}' ? Gap : source[at]);
        }

        return text.ToString();
    }

    [GeneratedRegex("""Pop3FailureKind\.(?<kind>\w+),\s*\$?\u0022""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex KindAndSentence();
}
