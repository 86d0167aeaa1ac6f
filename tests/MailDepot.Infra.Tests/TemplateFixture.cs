using System.Text.Json.Nodes;

namespace MailDepot.Tests.Infra;

/// <summary>The template, compiled once for all its tests, and two of its deployments as the Bicep CLI predicts them.</summary>
public sealed class TemplateFixture : IAsyncLifetime
{
    /// <summary>Makes the first deployment: the sample as it is, and no image yet.</summary>
    private const string FirstParameters = """
        using 'main.bicep'
        extends 'main.sample.bicepparam'
        """;

    /// <summary>Uses every option.</summary>
    private const string FullParameters = """
        using 'main.bicep'
        param image = 'maildepot:20261123000000'
        param archiveContainers = [
          { name: 'default', retentionDays: 3650 }
          { name: 'legal', retentionDays: 4000, locked: true }
          { name: 'short-lived', retentionDays: 30, locked: false }
        ]
        param recipients = [
          { pattern: 'journal-00112233445566778899aabbccddeeff@archive.example.com', container: 'default', journal: true }
          { pattern: 'journal-ffeeddccbbaa99887766554433221100@archive.example.com', container: 'legal', retired: '2027-01-01' }
        ]
        param mailboxes = [
          { name: 'office', host: 'pop.example.com', user: 'archive@example.com', passwordSecret: 'pop3-office', container: 'short-lived' }
          {
            name: 'old'
            host: 'pop.example.net'
            port: 110
            security: 'starttls'
            user: 'journal'
            passwordSecret: 'pop3-old'
            interval: '00:01:00'
            container: 'legal'
            journal: true
          }
        ]
        param mailboxAdministrators = ['00000000-0000-0000-0000-00000000aaaa', '00000000-0000-0000-0000-00000000bbbb']
        param notices = {
          host: 'smtp.example.com'
          port: 465
          security: 'tls'
          login: { user: 'depot', passwordSecret: 'smtp-relay' }
          from: 'maildepot@example.com'
          to: ['admin@example.com', 'night@example.com']
          eachInterval: true
        }
        param smtpHostname = 'archive.example.com'
        param smtpCertificate = 'smtp'
        param smtpClientCertificate = 'mail.protection.outlook.com'
        param alertEmails = ['admin@example.com', 'night@example.com']
        param natGateway = true
        param graceSeconds = 90
        param archiverAlwaysReady = 1
        param collectorAlwaysReady = 2
        param noMailHours = 48
        param redundancy = 'Standard_GZRS'
        param budget = { amount: 100, start: '2027-01-01' }
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("infra-");

    /// <summary>A copy of <c>infra/</c>.</summary>
    public string Folder => folder.FullName;

    /// <summary>What the CLI said about the template: nothing, unless something is wrong.</summary>
    public string Complaints { get; private set; } = "";

    /// <summary>The template as Azure gets it.</summary>
    public JsonObject Compiled { get; private set; } = [];

    /// <summary>The sample's parameters, deployed before there is an image.</summary>
    public Deployment First { get; private set; } = Deployment.None;

    /// <summary>A deployment that uses every option.</summary>
    public Deployment Full { get; private set; } = Deployment.None;

    public async ValueTask InitializeAsync()
    {
        var infra = Clone.Path("infra");
        foreach (var file in Directory.EnumerateFiles(infra, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Folder, Path.GetRelativePath(infra, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        (_, var compiled, Complaints) = await BicepProgram.RunAsync(Folder, "build", "main.bicep", "--stdout");
        Compiled = compiled.Length > 0 ? JsonNode.Parse(compiled)!.AsObject() : [];
        First = await PredictAsync("first", FirstParameters);
        Full = await PredictAsync("full", FullParameters);
    }

    /// <summary>What a deployment with these parameters creates.</summary>
    public async Task<Deployment> PredictAsync(string name, string parameters)
    {
        var complaints = await SnapshotAsync(name, parameters);
        Assert.True(complaints.Length == 0, complaints);
        var snapshot = await File.ReadAllTextAsync(Path.Combine(Folder, name + ".snapshot.json"), TestContext.Current.CancellationToken);
        return Deployment.Of(JsonNode.Parse(snapshot)!);
    }

    /// <summary>What the CLI says when it predicts a deployment.</summary>
    public async Task<string> SnapshotAsync(string name, string parameters)
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, name + ".bicepparam"), parameters, TestContext.Current.CancellationToken);
        var (_, output, complaints) = await BicepProgram.RunAsync(
            Folder,
            [
                "snapshot", name + ".bicepparam", "--mode", "overwrite",
                "--subscription-id", Guid.Empty.ToString(), "--tenant-id", Guid.Empty.ToString(),
                "--resource-group", "maildepot", "--location", "westeurope",
            ]);
        return output + complaints;
    }

    public ValueTask DisposeAsync()
    {
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Tests that share one compilation: <c>[Collection&lt;OneTemplate&gt;]</c>.</summary>
[CollectionDefinition]
public sealed class OneTemplate : ICollectionFixture<TemplateFixture>;
