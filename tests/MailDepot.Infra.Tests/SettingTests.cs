using System.Collections;
using System.Text.RegularExpressions;
using MailDepot.Connectors.Pop3;
using MailDepot.Connectors.Receiving;
using MailDepot.Events;
using MailDepot.Notices;
using MailDepot.Storage;

namespace MailDepot.Tests.Infra;

/// <summary>What the programs are told: every setting that there is, the right value, and secrets only by reference.</summary>
[Collection<OneTemplate>]
public sealed partial class SettingTests(TemplateFixture template)
{
    /// <summary>Settings that the template leaves out, and why.</summary>
    private static readonly Dictionary<string, string> LeftOut = new(StringComparer.Ordinal)
    {
        ["Azurite"] = "for `up`, on one machine",
        ["HealthPort"] = "the image's port, where the probes ask",
        ["Mailboxes__0__Certificate"] = "a file, which neither app has: their POP3 servers have certificates that machines trust",
        ["Notices__Certificate"] = "a file, which the app does not have: its relay has a certificate that machines trust",
        ["Smtp__CertificateKey"] = "the secret has it",
        ["Smtp__MaxConnections"] = "fits a replica",
        ["Smtp__MaxConnectionsPerAddress"] = "all clients come from the ingress' private address, where it does not count",
        ["Smtp__MemoryBytes"] = "fits a replica",
        ["Smtp__Networks__0"] = "Container Apps hide the client's address",
        ["Smtp__ProxiesFrom__0"] = "Container Apps send no PROXY header",
        ["Telemetry__Addresses"] = "off, and for a person to turn on for a while",
    };

    [Fact]
    public void Every_setting_of_the_code_is_given_or_is_left_out_for_a_reason()
    {
        var given = template.Full.ArchiverSettings().Keys.Concat(template.Full.SmtpSettings().Keys).ToHashSet();
        var missing = Names(new DepotOptions(), DepotOptions.Section + "__").Where(name => !given.Contains(name)).Select(name => name[(DepotOptions.Section.Length + 2)..]);
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
    public async Task TLS_is_required_with_a_certificate_and_without_one_a_self_made_is_shown()
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
    public void The_Functions_host_lives_in_the_work_account_and_comes_with_its_identity()
    {
        var settings = template.Full.ArchiverSettings();
        Assert.Equal(
            ["blobServiceUri <work.blobEndpoint>", "clientId <identities.archiver.clientId>", "credential managedidentity", "queueServiceUri <work.queueEndpoint>", "tableServiceUri <work.tableEndpoint>"],
            settings.Where(setting => setting.Key.StartsWith("AzureWebJobsStorage__", StringComparison.Ordinal)).Select(setting => $"{setting.Key["AzureWebJobsStorage__".Length..]} {setting.Value}"));
        Assert.Equal("ClientId=<identities.archiver.clientId>;Authorization=AAD", settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]);
        Assert.Equal("16", settings["AzureFunctionsJobHost__extensions__queues__batchSize"]);
    }

    [Fact]
    public void Passwords_are_references_into_the_key_vault_which_the_mailboxes_name()
    {
        var settings = template.Full.ArchiverSettings();
        foreach (var (number, key, secret) in new[] { (0, "pop3_office", "pop3-office"), (1, "pop3_old", "pop3-old") })
        {
            Assert.Equal($"Passwords:{key}", settings[$"MailDepot__Mailboxes__{number}__PasswordSetting"]);
            Assert.Equal($"@Microsoft.KeyVault(SecretUri=<keyVault.uri>secrets/{secret}/)", settings[$"Passwords__{key}"]);
        }

        Assert.Equal(3, settings.Keys.Count(name => name.StartsWith("Passwords__", StringComparison.Ordinal)));
        Assert.DoesNotContain(template.Full.SmtpSettings().Keys, name => name.Contains("Passwords", StringComparison.Ordinal) || name.Contains("Mailboxes", StringComparison.Ordinal) || name.Contains("Notices", StringComparison.Ordinal));
        Assert.Equal("<identities.archiver.id>", Deployment.Text(template.Full.The("Microsoft.Web/sites").Properties["keyVaultReferenceIdentity"]!));
    }

    [Fact]
    public async Task Mails_to_administrators_go_where_a_relay_is_named_and_its_password_is_a_reference()
    {
        Assert.Equal(
            [
                "EachInterval=true", "From=maildepot@example.com", "Host=smtp.example.com", "PasswordSetting=Passwords:smtp_relay", "Port=465", "Security=tls", "To__0=admin@example.com",
                "To__1=night@example.com", "User=depot",
            ],
            Notices(template.Full.ArchiverSettings()));
        Assert.Equal("@Microsoft.KeyVault(SecretUri=<keyVault.uri>secrets/smtp-relay/)", template.Full.ArchiverSettings()["Passwords__smtp_relay"]);
        Assert.Empty(Notices(template.First.ArchiverSettings()));

        var usual = new NoticeOptions();
        var shortest = await template.PredictAsync("relay", """
            using 'main.bicep'
            extends 'main.sample.bicepparam'
            param mailboxes = []
            param notices = { host: 'smtp.example.com', from: 'maildepot@example.com', to: ['admin@example.com'] }
            """);
        Assert.Equal(
            [$"EachInterval={usual.EachInterval}", "From=maildepot@example.com", "Host=smtp.example.com", "PasswordSetting=", $"Port={usual.Port}", $"Security={usual.Security}", "To__0=admin@example.com", "User="],
            Notices(shortest.ArchiverSettings()), StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain(shortest.ArchiverSettings().Keys, name => name.StartsWith("Passwords__", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_parameter_leaves_out_is_what_the_code_would_take()
    {
        var (settings, usual) = (template.First.ArchiverSettings(), new MailboxOptions());
        string Of(string name) => settings[$"MailDepot__Mailboxes__0__{name}"];
        Assert.Equal($"{usual.Port} {usual.Security} {usual.Interval} {usual.Journal}", $"{Of("Port")} {Of("Security")} {Of("Interval")} {Of("Journal")}", ignoreCase: true);
        Assert.Equal(
            $"{usual.MinimumTls} {usual.Fingerprint} {usual.Authentication} {usual.TokenEndpoint} {usual.MaxMailsPerRun} {usual.MaxBytesPerRun} {usual.CommitEvery} {usual.LeaveOnServer} {usual.DeleteAfter}",
            $"{Of("MinimumTls")} {Of("Fingerprint")} {Of("Authentication")} {Of("TokenEndpoint")} {Of("MaxMailsPerRun")} {Of("MaxBytesPerRun")} {Of("CommitEvery")} {Of("LeaveOnServer")} {Of("DeleteAfter")}", ignoreCase: true);
        Assert.Equal($"{new DepotOptions().EventDays}", settings["MailDepot__EventDays"]);
        var parameters = template.Compiled["parameters"]!;
        Assert.Equal(new SmtpOptions().MaxBytes, (long)parameters["largestMail"]!["defaultValue"]!);
        Assert.Equal(EventOptions.MaxDays, (int)parameters["eventDays"]!["maxValue"]!);
        Assert.Equal(ArchiveContainerName.MaxLength, (int)template.Compiled["definitions"]!.AsObject().Single(d => d.Key.EndsWith("archiveContainer", StringComparison.Ordinal)).Value!["properties"]!["name"]!["maxLength"]!);
    }

    [Fact]
    public void No_secret_is_in_an_output_or_a_plain_setting_and_none_is_ever_asked_for()
    {
        var texts = template.Full.ArchiverSettings().Concat(template.Full.SmtpSettings()).Select(setting => $"{setting.Key}={setting.Value}")
            .Concat(template.Full.Outputs.Select(output => $"{output.Key}={Deployment.Text(output.Value!)}"));
        Assert.All(texts, text => Assert.DoesNotMatch(Secret(), text.Replace("@Microsoft.KeyVault", "", StringComparison.Ordinal)));
        Assert.DoesNotMatch(Listing(), template.Compiled.ToJsonString());

        // the connection string of Application Insights holds a key which opens nothing
        Assert.True((bool)template.Full.The("Microsoft.Insights/components").Properties["DisableLocalAuth"]!);
        Assert.True((bool)template.Full.The("Microsoft.OperationalInsights/workspaces").Properties["features"]!["disableLocalAuth"]!);
        Assert.False((bool)template.Full.The("Microsoft.ContainerRegistry/registries").Properties["adminUserEnabled"]!);
        Assert.All(template.Full.Those("Microsoft.Web/sites/basicPublishingCredentialsPolicies"), policy => Assert.False((bool)policy.Properties["allow"]!));
    }

    [Theory]
    [InlineData("MailDepot__WorkStorage=DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=storage.example.net")]
    [InlineData("Passwords__office=geheim")]
    [InlineData("url=https://a.example.net/?sv=1&sig=abc")]
    public void A_secret_would_be_seen(string text) => Assert.Matches(Secret(), text);

    [Fact]
    public void Two_always_ready_instances_have_the_names_of_their_functions()
    {
        var scale = template.Full.The("Microsoft.Web/sites").Properties["functionAppConfig"]!["scaleAndConcurrency"]!;
        Assert.Equal("""[{"name":"function:ArchiveMail","instanceCount":1},{"name":"function:CollectMailbox","instanceCount":2}]""", scale["alwaysReady"]!.ToJsonString());
        Assert.Equal("""{"name":"dotnet-isolated","version":"10.0"}""", template.Full.The("Microsoft.Web/sites").Properties["functionAppConfig"]!["runtime"]!.ToJsonString());
        Assert.Empty(template.First.The("Microsoft.Web/sites").Properties["functionAppConfig"]!["scaleAndConcurrency"]!["alwaysReady"]!.AsArray());
    }

    private static IEnumerable<string> Notices(IEnumerable<KeyValuePair<string, string>> settings) => settings
        .Where(setting => setting.Key.StartsWith("MailDepot__Notices__", StringComparison.Ordinal))
        .Select(setting => $"{setting.Key["MailDepot__Notices__".Length..]}={setting.Value}").Order(StringComparer.Ordinal);

    /// <summary>The settings' names as environment variables: those of lists with the first entry's number.</summary>
    public static IEnumerable<string> Names(object options, string prefix)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var (name, type) = (prefix + property.Name, property.PropertyType);
            var names = type == typeof(string) || type.IsValueType ? [name]
                : type == typeof(IList<string>) ? [name + "__0"]
                : typeof(IEnumerable).IsAssignableFrom(type) ? Names(Activator.CreateInstance(type.GetGenericArguments()[0])!, name + "__0__")
                : Names(property.GetValue(options)!, name + "__");
            foreach (var one in names)
            {
                yield return one;
            }
        }
    }

    [GeneratedRegex(@"AccountKey=|SharedAccessSignature=|[?&]sig=|Passwords__\w+=(?!\(SecretUri=)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Secret();

    [GeneratedRegex(@"list(Keys|Secrets|Credentials|AccountSas|ServiceSas)\(|primaryKey|instrumentationKey", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Listing();
}
