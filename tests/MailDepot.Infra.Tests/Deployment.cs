using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MailDepot.Tests.Infra;

/// <summary>What a deployment creates, with every value that does not come from Azure itself.</summary>
public sealed partial record Deployment(ImmutableArray<DeployedResource> Resources, JsonObject Outputs)
{
    public static Deployment None { get; } = new([], []);

    /// <summary>Reads what <c>bicep snapshot</c> wrote.</summary>
    public static Deployment Of(JsonNode snapshot) => new(
        [.. snapshot["predictedResources"]!.AsArray().Select(resource => new DeployedResource(resource!.AsObject()))],
        snapshot["outputs"]!.AsObject());

    public ImmutableArray<DeployedResource> Those(string type) => [.. Resources.Where(resource => resource.Type == type)];

    public DeployedResource The(string type) => Assert.Single(Those(type));

    /// <summary>The storage account <c>work</c> or <c>archive</c>.</summary>
    public DeployedResource Account(string which) => Those("Microsoft.Storage/storageAccounts").Single(account => account.Account == which);

    /// <summary>What the Functions app reads.</summary>
    public ImmutableSortedDictionary<string, string> ArchiverSettings() => The("Microsoft.Web/sites/config").Properties
        .ToImmutableSortedDictionary(setting => setting.Key, setting => Text(setting.Value!), StringComparer.Ordinal);

    /// <summary>What the SMTP app reads.</summary>
    public ImmutableSortedDictionary<string, string> SmtpSettings() => SmtpContainer()["env"]!.AsArray()
        .ToImmutableSortedDictionary(setting => (string)setting!["name"]!, setting => Text(setting!["value"]!), StringComparer.Ordinal);

    public JsonNode SmtpContainer() => Assert.Single(The("Microsoft.App/containerApps").Properties["template"]!["containers"]!.AsArray())!;

    /// <summary>
    /// A text in which angle brackets stand for what only Azure knows: the output <c>blobEndpoint</c> of module <c>work</c> is
    /// <c>&lt;work.blobEndpoint&gt;</c>.
    /// </summary>
    public static string Text(JsonNode value)
    {
        var text = (string)value!;
        if (!text.StartsWith('['))
        {
            return text;
        }

        var output = Output().Match(text);
        Assert.True(output.Success, $"{text} is not understood.");
        var part = output.Groups["part"] is { Success: true } found ? "." + found.Value : "";
        var symbol = $"<{output.Groups["module"].Value}.{output.Groups["output"].Value}{part}>";
        return Format().Match(text) is { Success: true } format
            ? format.Groups["text"].Value
                .Replace("{0}", symbol, StringComparison.Ordinal)
                .Replace("{1}", format.Groups["last"].Value, StringComparison.Ordinal)
            : symbol;
    }

    [GeneratedRegex(
        @"Microsoft\.Resources/deployments', format\('(?<module>\w+)-\{0\}'.*?\.outputs\.(?<output>\w+)\.value(\.(?<part>\w+))?",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Output();

    [GeneratedRegex(
        @"^\[format\('(?<text>[^']*)', reference\(.*?(, '(?<last>[^']*)')?\)\]$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Format();
}

/// <summary>A resource that a deployment creates.</summary>
public sealed partial record DeployedResource(JsonObject Json)
{
    public string Type => (string)Json["type"]!;

    /// <summary>With its parents' names: <c>account/default/spool</c>.</summary>
    public string FullName => (string)Json["name"]!;

    public string Name => FullName[(FullName.LastIndexOf('/') + 1)..];

    public string Id => (string)Json["id"]!;

    public JsonObject Properties => Json["properties"]?.AsObject() ?? [];

    /// <summary>The storage account that it is or belongs to: <c>work</c> or <c>archive</c>. Empty for anything else.</summary>
    public string Account => AccountName().Match(Id).Groups["which"].Value;

    /// <summary>The resource that this one is put on, as a role or a lock is: <c>work/archive</c>, <c>archive</c>, <c>vaults</c>.</summary>
    public string Scope
    {
        get
        {
            var parts = Id.Split("/providers/");
            var on = parts[^2].Split('/');
            return Account.Length == 0 ? on[^2] : on.Length > 3 ? $"{Account}/{on[^1]}" : Account;
        }
    }

    /// <summary>Who a role is given to: <c>archiver</c>, <c>smtp</c>, or the id of a person or group.</summary>
    public string Who
    {
        get
        {
            var principal = Deployment.Text(Properties["principalId"]!);
            return principal.Split('.') is [_, var who, ..] ? who : principal;
        }
    }

    /// <summary>The role's id.</summary>
    public string Role => ((string)Properties["roleDefinitionId"]!).Split('/')[^1];

    [GeneratedRegex("/storageAccounts/maildepot(?<which>work|archive)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AccountName();
}
