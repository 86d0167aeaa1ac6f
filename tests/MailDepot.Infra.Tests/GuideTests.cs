using System.Globalization;
using System.Text.Json.Nodes;

namespace MailDepot.Tests.Infra;

/// <summary>Checks <c>infra/README.md</c>: its parameters are the template's, and its costs follow from what was measured.</summary>
[Collection<OneTemplate>]
public sealed class GuideTests(TemplateFixture template)
{
    private static readonly string[] Guide = File.ReadAllLines(Clone.Path("infra/README.md"));

    [Fact]
    public void Every_parameter_is_explained_and_no_other()
    {
        var explained = Cells("| parameter |").SelectMany(cells => cells[0].Split(", ")).Select(name => name.Trim('`'));
        Assert.Equal(template.Compiled["parameters"]!.AsObject().Select(parameter => parameter.Key).Order(), explained.Order());
    }

    [Theory]
    [InlineData("archiveContainers", "archiveContainer")]
    [InlineData("recipients", "recipient")]
    [InlineData("mailboxes", "mailbox")]
    [InlineData("notices", "noticeRelay")]
    public void Every_key_of_a_parameter_is_named_beside_it(string parameter, string type)
    {
        var explanation = Cells("| parameter |").Single(cells => cells[0] == $"`{parameter}`")[1];
        var definition = template.Compiled["definitions"]!.AsObject()
            .Single(definition => definition.Key.EndsWith(type, StringComparison.Ordinal)).Value!;
        Assert.Equal([], Keys(definition).Where(key => !explanation.Contains($"`{key}`", StringComparison.Ordinal)));

        static IEnumerable<string> Keys(JsonNode node) => node["properties"] is JsonObject properties
            ? properties.SelectMany(key => Keys(key.Value!).Prepend(key.Key))
            : [];
    }

    [Fact]
    public void Every_default_is_the_templates()
    {
        foreach (var cells in Cells("| parameter |").Where(cells => cells[2] is not ("–" or "none" or "the group's")))
        {
            var (names, defaults) = (cells[0].Split(", "), cells[2].Split(", "));
            for (var i = 0; i < names.Length; i++)
            {
                var given = template.Compiled["parameters"]![names[i].Trim('`')]!["defaultValue"]!.ToJsonString().Trim('"');
                Assert.Equal(given, defaults[Math.Min(i, defaults.Length - 1)].Trim('`').Trim('\''));
            }
        }
    }

    [Fact]
    public void Requests_per_mail_are_those_measured()
    {
        var results = File.ReadAllLines(Clone.Path("tests/MailDepot.Benchmarks/RESULTS.md"));
        var table = Array.FindIndex(results, line => line.StartsWith("| KB | connections | queue put |", StringComparison.Ordinal));
        var kinds = Row(results[table]);
        var measured = Row(results.Skip(table).First(line => line.StartsWith("| 30 | 1 |", StringComparison.Ordinal)));
        var listed = Cells("| what | measured as |").Where(cells => cells[1] is not ("–" or "")).ToList();
        Assert.Equal(7, listed.Count);
        Assert.All(listed, cells => Assert.Equal(Number(measured[Array.IndexOf(kinds, cells[1])]), Number(cells[2])));
    }

    [Fact]
    public void Costs_are_requests_times_price_times_mails()
    {
        decimal[] mails = [0.01m, 0.1m, 1m];
        var together = new decimal[mails.Length];
        foreach (var cells in Cells("| what | measured as |").Where(cells => cells[0] != "**together**"))
        {
            for (var i = 0; i < mails.Length; i++)
            {
                var cost = Number(cells[2]) * Number(cells[3]) * mails[i];
                together[i] += cost;
                Assert.Equal((cells[0], Cents(cost)), (cells[0], Number(cells[4 + i])));
            }
        }

        var sums = Cells("| what | measured as |").Single(cells => cells[0] == "**together**")[4..];
        Assert.Equal(together.Select(Cents), sums.Select(cell => Number(cell.Trim('*'))));
    }

    private static decimal Cents(decimal cost) => Math.Round(cost, 2, MidpointRounding.AwayFromZero);

    private static decimal Number(string cell) => decimal.Parse(cell, CultureInfo.InvariantCulture);

    /// <summary>The rows of the table whose header begins with this.</summary>
    private static IEnumerable<string[]> Cells(string head) => Guide
        .SkipWhile(line => !line.StartsWith(head, StringComparison.Ordinal)).Skip(2)
        .TakeWhile(line => line.StartsWith('|')).Select(Row);

    private static string[] Row(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];
}
