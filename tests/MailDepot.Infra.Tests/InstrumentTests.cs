using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MailDepot.Base;
using MailDepot.Smtp;

namespace MailDepot.Tests.Infra;

/// <summary>Alerts, the workbook and the guide name only instruments that our meter has, and tags that the code sets.</summary>
[Collection<OneTemplate>]
public sealed partial class InstrumentTests(TemplateFixture template)
{
    [Fact]
    public void Every_instrument_that_a_query_names_is_published()
    {
        var published = new HashSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == Telemetry.Name)
                {
                    published.Add(instrument.Name);
                }
            },
        };
        listener.Start();
        RuntimeHelpers.RunClassConstructor(typeof(Telemetry).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(SmtpInstruments).TypeHandle);
        var guide = File.ReadAllText(Clone.Path("infra/README.md"));
        var named = AlertTests.Queries(template.Full).Append(guide).SelectMany(AlertTests.Instruments).ToHashSet();
        Assert.Equal([], named.Except(published).Order());
    }

    [Fact]
    public void Every_tag_that_a_query_uses_is_set_somewhere()
    {
        var code = string.Concat(Directory.EnumerateFiles(Clone.Path("src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var used = AlertTests.Queries(template.Full)
            .SelectMany(query => Tag().Matches(query))
            .Select(match => match.Groups["name"].Value)
            .ToHashSet();
        Assert.Contains("connector", used);
        Assert.Equal([], used.Where(tag => !code.Contains($"\"{tag}\"", StringComparison.Ordinal)).Order());
    }

    [GeneratedRegex(@"Properties\.(?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Tag();
}
