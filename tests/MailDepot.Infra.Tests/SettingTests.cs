using System.Collections;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using MailDepot.Events;
using MailDepot.Notices;
using MailDepot.Storage;

namespace MailDepot.Tests.Infra;

/// <summary>What the programs are configured with: every setting, the right value, and secrets only by reference.</summary>
[Collection<OneTemplate>]
public sealed partial class SettingTests(TemplateFixture template)
{
    private const string NoticePrefix = "MailDepot__Notices__";

    /// <summary>Settings that the template leaves out, and why.</summary>
    private static readonly Dictionary<string, string> LeftOut = new(StringComparer.Ordinal)
    {
        ["Azurite"] = "only `up` reads it, on one machine",
        ["HealthPort"] = "the default is the image's port, which the probes ask",
        ["Mailboxes__0__Certificate"] = "a file, which neither app has; their POP3 servers have certificates that machines trust",
        ["Notices__Certificate"] = "a file, which the app does not have; its relay has a certificate that machines trust",
        ["Smtp__CertificateKey"] = "the secret contains the key",
        ["Smtp__MaxConnections"] = "the default fits a replica",
        ["Smtp__MaxConnectionsPerAddress"] = "all clients come from the ingress's private address, to which it does not apply",
        ["Smtp__MemoryBytes"] = "the default fits a replica",
        ["Smtp__Networks__0"] = "Container Apps hide the client's address",
        ["Smtp__ProxiesFrom__0"] = "Container Apps send no PROXY header",
        ["Telemetry__Addresses"] = "off; a person turns it on for a while",
    };

    [Fact]
    public void Every_setting_of_the_code_is_given_or_is_left_out_for_a_reason()
    {
        var given = template.Full.ArchiverSettings().Keys.Concat(template.Full.SmtpSettings().Keys).ToHashSet();
        var prefix = DepotOptions.Section + "__";
        var missing = Names(new DepotOptions(), prefix).Where(name => !given.Contains(name)).Select(name => name[prefix.Length..]);
        Assert.Equal(LeftOut.Keys.Order(), missing.Order());
    }

    [Fact]
    public void Both_apps_look_for_storage_where_the_template_puts_it_and_say_who_they_are()
    {
        foreach (var (settings, who) in new[] { (template.Full.ArchiverSettings(), "archiver"), (template.Full.SmtpSettings(), "smtp") })
        {
            Assert.Equal("<work.blobEndpoint>", settings["MailDepot__WorkStorage"]);
            Assert.Equal("<archive.blobEndpoint>", settings["MailDepot__ArchiveStorage"]);
            Assert.Equal($"<identities.{who}.clientId>", settings["AZURE_CLIENT_ID"]);
            Assert.Equal("<monitoring.connectionString>", settings["APPLICATIONINSIGHTS_CONNECTION_STRING"]);
        }

        Assert.Equal("archive.example.com", template.Full.SmtpSettings()["MailDepot__Smtp__Hostname"]);
    }

    [Fact]
    public async Task TLS_is_required_and_without_a_certificate_a_self_made_one_is_shown()
    {
        Assert.Equal("<keyVault.uri>secrets/smtp", template.Full.SmtpSettings()["MailDepot__Smtp__Certificate"]);
        Assert.Equal("true", template.Full.SmtpSettings()["MailDepot__Smtp__RequireTls"], ignoreCase: true);
        var without = (await template.PredictAsync("plain", """
            using 'main.bicep'
            extends 'main.sample.bicepparam'
            param image = 'maildepot:20261123000000'
            """)).SmtpSettings();
        Assert.Equal(SmtpOptionsCheck.SelfMade, without["MailDepot__Smtp__Certificate"]);
        Assert.Equal("true", without["MailDepot__Smtp__RequireTls"], ignoreCase: true);
    }

    [Fact]
    public void The_Functions_host_uses_the_work_account_with_its_identity()
    {
        var settings = template.Full.ArchiverSettings();
        Assert.Equal(
            [
                "blobServiceUri=<work.blobEndpoint>",
                "clientId=<identities.archiver.clientId>",
                "credential=managedidentity",
                "queueServiceUri=<work.queueEndpoint>",
                "tableServiceUri=<work.tableEndpoint>",
            ],
            Under("AzureWebJobsStorage__", settings));
        Assert.Equal("ClientId=<identities.archiver.clientId>;Authorization=AAD", settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]);
        Assert.Equal("16", settings["AzureFunctionsJobHost__extensions__queues__batchSize"]);
    }

    [Fact]
    public void Passwords_are_references_into_the_key_vault_and_mailboxes_name_them()
    {
        var settings = template.Full.ArchiverSettings();
        foreach (var (number, key, secret) in new[] { (0, "pop3_office", "pop3-office"), (1, "pop3_old", "pop3-old") })
        {
            Assert.Equal($"Passwords:{key}", settings[$"MailDepot__Mailboxes__{number}__PasswordSetting"]);
            Assert.Equal($"@Microsoft.KeyVault(SecretUri=<keyVault.uri>secrets/{secret}/)", settings[$"Passwords__{key}"]);
        }

        Assert.Equal(3, settings.Keys.Count(name => name.StartsWith("Passwords__", StringComparison.Ordinal)));
        Assert.All(template.Full.SmtpSettings().Keys, name => Assert.DoesNotMatch("Passwords|Mailboxes|Notices", name));
        var app = template.Full.The("Microsoft.Web/sites").Properties;
        Assert.Equal("<identities.archiver.id>", Deployment.Text(app["keyVaultReferenceIdentity"]!));
    }

    [Fact]
    public async Task Mails_to_administrators_go_to_the_relay_if_one_is_named_and_its_password_is_a_reference()
    {
        Assert.Equal(
            [
                "EachInterval=true", "From=maildepot@example.com", "Host=smtp.example.com", "PasswordSetting=Passwords:smtp_relay",
                "Port=465", "Security=tls", "To__0=admin@example.com", "To__1=night@example.com", "User=depot",
            ],
            Under(NoticePrefix, template.Full.ArchiverSettings()));
        Assert.Equal(
            "@Microsoft.KeyVault(SecretUri=<keyVault.uri>secrets/smtp-relay/)",
            template.Full.ArchiverSettings()["Passwords__smtp_relay"]);
        Assert.Empty(Under(NoticePrefix, template.First.ArchiverSettings()));

        var usual = new NoticeOptions();
        var shortest = await template.PredictAsync("relay", """
            using 'main.bicep'
            extends 'main.sample.bicepparam'
            param mailboxes = []
            param notices = { host: 'smtp.example.com', from: 'maildepot@example.com', to: ['admin@example.com'] }
            """);
        Assert.Equal(
            [
                $"EachInterval={usual.EachInterval}", "From=maildepot@example.com", "Host=smtp.example.com", "PasswordSetting=",
                $"Port={usual.Port}", $"Security={usual.Security}", "To__0=admin@example.com", "User=",
            ],
            Under(NoticePrefix, shortest.ArchiverSettings()),
            StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain(shortest.ArchiverSettings().Keys, name => name.StartsWith("Passwords__", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_parameter_leaves_out_gets_the_default_of_the_code()
    {
        var (settings, usual) = (template.First.ArchiverSettings(), new MailboxOptions());
        Same(usual.Port, nameof(usual.Port));
        Same(usual.Security, nameof(usual.Security));
        Same(usual.Interval, nameof(usual.Interval));
        Same(usual.Journal, nameof(usual.Journal));
        Same(usual.MinimumTls, nameof(usual.MinimumTls));
        Same(usual.Fingerprint, nameof(usual.Fingerprint));
        Same(usual.Authentication, nameof(usual.Authentication));
        Same(usual.TokenEndpoint, nameof(usual.TokenEndpoint));
        Same(usual.MaxMailsPerRun, nameof(usual.MaxMailsPerRun));
        Same(usual.MaxBytesPerRun, nameof(usual.MaxBytesPerRun));
        Same(usual.CommitEvery, nameof(usual.CommitEvery));
        Same(usual.LeaveOnServer, nameof(usual.LeaveOnServer));
        Same(usual.DeleteAfter, nameof(usual.DeleteAfter));
        Assert.Equal($"{new DepotOptions().EventDays}", settings["MailDepot__EventDays"]);
        var parameters = template.Compiled["parameters"]!;
        Assert.Equal(new SmtpOptions().MaxBytes, (long)parameters["largestMail"]!["defaultValue"]!);
        Assert.Equal(EventOptions.MaxDays, (int)parameters["eventDays"]!["maxValue"]!);
        var container = template.Compiled["definitions"]!.AsObject()
            .Single(definition => definition.Key.EndsWith("archiveContainer", StringComparison.Ordinal)).Value!;
        Assert.Equal(ArchiveContainerName.MaxLength, (int)container["properties"]!["name"]!["maxLength"]!);

        void Same(object? byDefault, string name) =>
            Assert.Equal($"{name}={byDefault}", $"{name}={settings[$"MailDepot__Mailboxes__0__{name}"]}", ignoreCase: true);
    }

    [Fact]
    public void No_secret_is_in_an_output_or_a_plain_setting_and_the_template_asks_for_none()
    {
        var texts = template.Full.ArchiverSettings().Concat(template.Full.SmtpSettings())
            .Select(setting => $"{setting.Key}={setting.Value}")
            .Concat(template.Full.Outputs.Select(output => $"{output.Key}={Deployment.Text(output.Value!)}"));
        Assert.All(texts, text => Assert.DoesNotMatch(Secret(), text.Replace("@Microsoft.KeyVault", "", StringComparison.Ordinal)));
        Assert.DoesNotMatch(Listing(), template.Compiled.ToJsonString());

        // The connection string of Application Insights contains a key, which gives access to nothing.
        Assert.True((bool)template.Full.The("Microsoft.Insights/components").Properties["DisableLocalAuth"]!);
        Assert.True((bool)template.Full.The("Microsoft.OperationalInsights/workspaces").Properties["features"]!["disableLocalAuth"]!);
        Assert.False((bool)template.Full.The("Microsoft.ContainerRegistry/registries").Properties["adminUserEnabled"]!);
        Assert.All(
            template.Full.Those("Microsoft.Web/sites/basicPublishingCredentialsPolicies"),
            policy => Assert.False((bool)policy.Properties["allow"]!));
    }

    [Theory]
    [InlineData(
        "MailDepot__WorkStorage=DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=storage.example.net")]
    [InlineData("Passwords__office=geheim")]
    [InlineData("url=https://a.example.net/?sv=1&sig=abc")]
    public void A_secret_would_be_noticed(string text) => Assert.Matches(Secret(), text);

    [Fact]
    public void Always_ready_instances_name_their_functions()
    {
        var (full, first) = (AppIn(template.Full), AppIn(template.First));
        Assert.Equal(
            """[{"name":"function:ArchiveMail","instanceCount":1},{"name":"function:CollectMailbox","instanceCount":2}]""",
            full["scaleAndConcurrency"]!["alwaysReady"]!.ToJsonString());
        Assert.Equal("""{"name":"dotnet-isolated","version":"10.0"}""", full["runtime"]!.ToJsonString());
        Assert.Empty(first["scaleAndConcurrency"]!["alwaysReady"]!.AsArray());

        static JsonNode AppIn(Deployment deployment) => deployment.The("Microsoft.Web/sites").Properties["functionAppConfig"]!;
    }

    /// <summary>The settings that begin with a prefix, without it.</summary>
    private static IEnumerable<string> Under(string prefix, IEnumerable<KeyValuePair<string, string>> settings) => settings
        .Where(setting => setting.Key.StartsWith(prefix, StringComparison.Ordinal))
        .Select(setting => $"{setting.Key[prefix.Length..]}={setting.Value}")
        .Order(StringComparer.Ordinal);

    /// <summary>The settings' names as environment variables. Those in lists have the first entry's number.</summary>
    public static IEnumerable<string> Names(object options, string prefix)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var (name, type) = (prefix + property.Name, property.PropertyType);
            var names = type == typeof(string) || type.IsValueType ? [name]
                : type == typeof(IList<string>) ? [name + "__0"]
                : typeof(IEnumerable).IsAssignableFrom(type)
                    ? Names(Activator.CreateInstance(type.GetGenericArguments()[0])!, name + "__0__")
                : Names(property.GetValue(options)!, name + "__");
            foreach (var one in names)
            {
                yield return one;
            }
        }
    }

    [GeneratedRegex(
        @"AccountKey=|SharedAccessSignature=|[?&]sig=|Passwords__\w+=(?!\(SecretUri=)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Secret();

    [GeneratedRegex(
        @"list(Keys|Secrets|Credentials|AccountSas|ServiceSas)\(|primaryKey|instrumentationKey",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Listing();
}
