using System.Text.RegularExpressions;
using MailDepot.Host.Commands;

namespace MailDepot.Tests.Infra;

/// <summary>Bicep succeeds despite warnings, even about an unknown property. Here any output of it is a failure.</summary>
[Collection<OneTemplate>]
public sealed partial class TemplateTests(TemplateFixture template)
{
    [Fact]
    public void The_template_builds_without_a_warning()
    {
        Assert.Equal("", template.Complaints);
        Assert.NotEmpty(template.Compiled["resources"]!.AsObject());
    }

    [Theory]
    [InlineData("lint", "main.bicep")]
    [InlineData("lint", "main.sample.bicepparam")]
    [InlineData("build-params", "main.sample.bicepparam", "--stdout")]
    public async Task The_linter_and_the_sample_give_no_warning(string verb, string file, params string[] more)
    {
        var (succeeded, output, complaints) = await BicepProgram.RunAsync(template.Folder, [verb, file, .. more]);
        Assert.Equal((true, ""), (succeeded, complaints));
        Assert.Equal(verb == "build-params", output.Contains("archiveContainers", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("param unused string\n", "no-unused-params")]
    [InlineData(
        """
        resource a 'Microsoft.Storage/storageAccounts@2025-06-01' = {
          name: 'a'
          location: 'westeurope'
          kind: 'StorageV2'
          sku: { name: 'Standard_ZRS' }
          properties: { isFast: true }
        }

        """,
        "BCP037")]
    public async Task A_mistake_is_noticed(string text, string rule)
    {
        await File.WriteAllTextAsync(Path.Combine(template.Folder, "mistake.bicep"), text, TestContext.Current.CancellationToken);
        var (_, _, complaints) = await BicepProgram.RunAsync(template.Folder, "build", "mistake.bicep", "--stdout");
        Assert.Contains(rule, complaints, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipient_with_an_archive_container_that_does_not_exist_stops_the_deployment()
    {
        var complaint = await template.SnapshotAsync("missing", """
            using 'main.bicep'
            extends 'main.sample.bicepparam'
            param recipients = [{ pattern: '*@example.com', container: 'legal' }]
            """);
        Assert.Contains(
            "archiveContainers has no legal, to which recipients or mailboxes lead: add it.", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_container_create_prints_is_an_archive_container_of_the_template()
    {
        var parameters = $"""
            using 'main.bicep'
            extends 'main.sample.bicepparam'
            param archiveContainers = [
              {ContainerCommand.TemplateLine("default")}
              {ContainerCommand.TemplateLine("year-2027")}
            ]

            """;
        var file = Path.Combine(template.Folder, "created.bicepparam");
        await File.WriteAllTextAsync(file, parameters, TestContext.Current.CancellationToken);
        var (succeeded, output, complaints) =
            await BicepProgram.RunAsync(template.Folder, "build-params", "created.bicepparam", "--stdout");
        Assert.Equal((true, ""), (succeeded, complaints));
        Assert.Contains("year-2027", output, StringComparison.Ordinal);
    }

    [Fact]
    public void No_Bicep_file_names_the_address_of_a_cloud()
    {
        foreach (var file in Directory.EnumerateFiles(Clone.Path("infra"), "*.bicep", SearchOption.AllDirectories))
        {
            Assert.DoesNotMatch(CloudName(), File.ReadAllText(file));
        }
    }

    [Fact]
    public void Each_module_has_one_file_and_main_uses_it()
    {
        var main = File.ReadAllText(Clone.Path("infra/main.bicep"));
        var modules = Directory.EnumerateFiles(Clone.Path("infra/modules"), "*.bicep").Select(Path.GetFileName);
        foreach (var module in modules.Where(name => name is not "roles.bicep"))
        {
            Assert.Contains($"'modules/{module}'", main, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(
        @"(windows\.net|azure\.net|azurecr\.io|azure\.com|microsoft\.com|azure\.us|\.cn)\b",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex CloudName();
}
