using System.Text.RegularExpressions;
using MailDepot.Host.Commands;

namespace MailDepot.Tests.Infra;

/// <summary>Bicep succeeds with warnings too, an unknown property among them: any word of it fails here.</summary>
[Collection<OneTemplate>]
public sealed partial class TemplateTests(TemplateFixture template)
{
    [Fact]
    public void The_template_builds_without_a_word()
    {
        Assert.Equal("", template.Complaints);
        Assert.NotEmpty(template.Compiled["resources"]!.AsObject());
    }

    [Theory]
    [InlineData("lint", "main.bicep")]
    [InlineData("lint", "main.sample.bicepparam")]
    [InlineData("build-params", "main.sample.bicepparam", "--stdout")]
    public async Task The_linter_and_the_sample_say_nothing(string verb, string file, params string[] more)
    {
        var (succeeded, output, complaints) = await BicepProgram.RunAsync(template.Folder, [verb, file, .. more]);
        Assert.Equal((true, ""), (succeeded, complaints));
        Assert.Equal(verb == "build-params", output.Contains("archiveContainers", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("param unused string\n", "no-unused-params")]
    [InlineData("resource a 'Microsoft.Storage/storageAccounts@2025-06-01' = {\n  name: 'a'\n  location: 'westeurope'\n  kind: 'StorageV2'\n  sku: { name: 'Standard_ZRS' }\n  properties: { isFast: true }\n}\n", "BCP037")]
    public async Task A_mistake_is_heard(string text, string rule)
    {
        await File.WriteAllTextAsync(Path.Combine(template.Folder, "mistake.bicep"), text, TestContext.Current.CancellationToken);
        Assert.Contains(rule, (await BicepProgram.RunAsync(template.Folder, "build", "mistake.bicep", "--stdout")).Complaints, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipient_of_an_archive_container_that_is_not_there_stops_the_deployment()
    {
        var complaint = await template.SnapshotAsync("missing", """
            using 'main.bicep'
            extends 'main.sample.bicepparam'
            param recipients = [{ pattern: '*@example.com', container: 'legal' }]
            """);
        Assert.Contains("archiveContainers has no legal, to which recipients or mailboxes lead: add it.", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_container_create_prints_is_an_archive_container_of_the_template()
    {
        var parameters = $"using 'main.bicep'\nextends 'main.sample.bicepparam'\nparam archiveContainers = [\n  {ContainerCommand.TemplateLine("default")}\n  {ContainerCommand.TemplateLine("year-2027")}\n]\n";
        await File.WriteAllTextAsync(Path.Combine(template.Folder, "created.bicepparam"), parameters, TestContext.Current.CancellationToken);
        var (succeeded, output, complaints) = await BicepProgram.RunAsync(template.Folder, "build-params", "created.bicepparam", "--stdout");
        Assert.Equal((true, ""), (succeeded, complaints));
        Assert.Contains("year-2027", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_in_the_texts_names_a_cloud()
    {
        foreach (var file in Directory.EnumerateFiles(Clone.Path("infra"), "*.bicep", SearchOption.AllDirectories))
        {
            Assert.DoesNotMatch(CloudName(), File.ReadAllText(file));
        }
    }

    [Fact]
    public void A_module_has_one_file_and_main_uses_each()
    {
        var main = File.ReadAllText(Clone.Path("infra/main.bicep"));
        foreach (var module in Directory.EnumerateFiles(Clone.Path("infra/modules"), "*.bicep").Select(Path.GetFileName).Where(name => name is not "roles.bicep"))
        {
            Assert.Contains($"'modules/{module}'", main, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"(windows\.net|azure\.net|azurecr\.io|azure\.com|microsoft\.com|azure\.us|\.cn)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex CloudName();
}
