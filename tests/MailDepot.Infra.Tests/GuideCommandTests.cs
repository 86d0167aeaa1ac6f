using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using MailDepot.Connectors.Receiving;
using MailDepot.Host;
using MailDepot.Smtp;

namespace MailDepot.Tests.Infra;

/// <summary>Checks the commands in <c>infra/README.md</c>: what they call, set and name exists in the programs and the template.</summary>
[Collection<OneTemplate>]
public sealed partial class GuideCommandTests(TemplateFixture template)
{
    private static readonly string Guide = File.ReadAllText(Clone.Path("infra/README.md"));

    /// <summary>The arguments of each call of <c>infra/deploy.sh</c>.</summary>
    public static IEnumerable<string> DeployCalls => DeployCall().Matches(Guide).Select(match => match.Groups["call"].Value);

    [Fact]
    public void Every_call_of_maildepot_has_verbs_and_options_that_exist()
    {
        var calls = MailDepotCall().Matches(Guide).Select(match => match.Groups["call"].Value).ToList();
        Assert.Contains("pop3 poll office", calls);
        Assert.Equal([], calls.Where(call => !Exists(call)));
    }

    [Fact]
    public void Every_setting_is_one_of_the_code()
    {
        var known = SettingTests.Names(new DepotOptions(), DepotOptions.Section + "__").ToHashSet();
        var named = Setting().Matches(Guide).Select(match => match.Value).ToHashSet();
        Assert.Superset(new HashSet<string> { "MailDepot__WorkStorage", "MailDepot__ArchiveStorage" }, named);
        Assert.Subset(known, named);
    }

    [Theory]
    [InlineData("--container-name", "Microsoft.Storage/storageAccounts/blobServices/containers")]
    [InlineData("--queue-name", "Microsoft.Storage/storageAccounts/queueServices/queues")]
    [InlineData("--workspace-name", "Microsoft.OperationalInsights/workspaces")]
    [InlineData("az identity show --resource-group maildepot --name", "Microsoft.ManagedIdentity/userAssignedIdentities")]
    public void What_a_command_names_is_in_the_template(string option, string type)
    {
        var named = Regex.Matches(Guide, $"(?<={Regex.Escape(option)} )[a-z0-9-]+", RegexOptions.None, TimeSpan.FromSeconds(1))
            .Select(match => match.Value).ToHashSet();
        Assert.NotEmpty(named);
        Assert.Subset(template.First.Those(type).Select(resource => resource.Name).ToHashSet(), named);
    }

    [Fact]
    public void Every_output_that_a_command_reads_is_one_of_the_template()
    {
        var read = Output().Matches(Guide).Select(match => match.Groups["name"].Value).ToHashSet();
        Assert.NotEmpty(read);
        Assert.Subset(template.Compiled["outputs"]!.AsObject().Select(output => output.Key).ToHashSet(), read);
    }

    [Fact]
    public void A_container_elsewhere_gets_the_time_to_end_that_its_settings_name_and_the_port_of_its_role()
    {
        var started = DockerRun().Matches(Guide)
            .Select(run => (run.Groups["role"].Value, int.Parse(run.Groups["seconds"].Value, CultureInfo.InvariantCulture)));
        var grace = (int)template.Compiled["parameters"]!["graceSeconds"]!["defaultValue"]!; // smtp.env comes from the SMTP app
        Assert.Equal([("smtp", grace), ("worker", new DepotOptions().GraceSeconds)], started);
        Assert.Contains($" -p 25:{new SmtpOptions().Port} IMAGE smtp", Guide, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_reply_is_one_of_the_endpoint()
    {
        var replies = typeof(SmtpReply).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (SmtpReply)field.GetValue(null)!).Select(reply => $"{reply.Code} {reply.Status}").ToHashSet();
        var named = Reply().Matches(Guide).Select(match => match.Value).ToHashSet();
        Assert.NotEmpty(named);
        Assert.Subset(replies, named);
    }

    [Theory]
    [InlineData("pop3 pull office")]
    [InlineData("smtp test --server mx.example.com")]
    public void A_call_that_does_not_exist_is_seen(string call) => Assert.False(Exists(call));

    private static bool Exists(string call)
    {
        Command command = MailDepotCommand.Root();
        foreach (var word in call.Split(' '))
        {
            if (command.Subcommands.FirstOrDefault(verb => verb.Name == word) is { } verb)
            {
                command = verb;
            }
            else if (word.StartsWith("--", StringComparison.Ordinal)
                ? command.Options.All(option => option.Name != word)
                : command.Subcommands.Count > 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>At the beginning of a line in a block, or in backticks.</summary>
    [GeneratedRegex(
        "(^ *|`)maildepot (?<call>[a-z0-9][^`\n]*)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex MailDepotCall();

    [GeneratedRegex("bash infra/deploy[.]sh (?<call>[^`\n]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex DeployCall();

    [GeneratedRegex(@"MailDepot__\w+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Setting();

    [GeneratedRegex(@"properties\.outputs\.(?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Output();

    [GeneratedRegex(
        @"docker run [^`]*--stop-timeout (?<seconds>\d+) [^`]*IMAGE (?<role>\w+)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex DockerRun();

    /// <summary>Code and enhanced status.</summary>
    [GeneratedRegex(@"\b[245]\d\d [245]\.\d\.\d\b", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Reply();
}
