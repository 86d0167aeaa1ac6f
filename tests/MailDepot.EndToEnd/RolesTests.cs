using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;
using MailDepot.Host.Up;

namespace MailDepot.EndToEnd;

/// <summary>The roles of the depot as separate processes, as containers run them.</summary>
public sealed class RolesTests : IAsyncLifetime
{
    private const string Address = "journal-00112233445566778899aabbccddeeff@depot.example.com";

    private readonly TemporaryFolder folder = new();
    private readonly HttpClient http = new();
    private readonly List<Process> started = [];
    private Dictionary<string, string?> environment = [];
    private AzuriteProcess? azurite;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_process_accepts_a_mail_another_archives_it_and_both_end_on_SIGTERM()
    {
        var (smtpPort, smtpHealth, workerHealth) = (LocalPort.Choose(0), LocalPort.Choose(0), LocalPort.Choose(0));
        var smtp = Start("smtp", smtpHealth, ("MailDepot__Smtp__Port", smtpPort), ("MailDepot__Recipients__0__Pattern", Address));
        var worker = Start("worker", workerHealth, ("MailDepot__Recipients__0__Pattern", Address));
        await RoleHealth.ReadyAsync(smtpHealth);
        await RoleHealth.ReadyAsync(workerHealth);

        using var mail = new MemoryStream("Subject: hello\r\n\r\ntext\r\n"u8.ToArray());
        var reply = await SmtpClient.SendAsync("127.0.0.1", smtpPort, "", [Address], mail, Token);
        var id = reply.Split(' ')[^1];
        await Eventually.IsTrueAsync(
            async () => (await Command.RunAsync(Command.MailDepot, folder.Path, environment, "get", id)).Code == 0,
            "the mail is archived");

        foreach (var role in new[] { smtp, worker })
        {
            using (Process.Start("kill", ["-TERM", role.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                await role.WaitForExitAsync(Token);
            }

            Assert.Equal(0, role.ExitCode);
        }
    }

    [Fact]
    public async Task A_probe_reports_that_storage_is_down_and_the_process_lives_on()
    {
        var health = LocalPort.Choose(0);
        var smtp = Start("smtp", health, ("MailDepot__Smtp__Port", LocalPort.Choose(0)), ("MailDepot__Recipients__0__Pattern", Address));
        await RoleHealth.ReadyAsync(health);
        await azurite!.StopAsync(Token);

        var ready = await http.GetAsync($"http://127.0.0.1:{health}/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        var text = await ready.Content.ReadAsStringAsync(Token);
        Assert.StartsWith("Unhealthy\nstorage: storage does not answer", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"http://127.0.0.1:{health}/live", Token)).StatusCode);
        Assert.False(smtp.HasExited);
    }

    [Theory]
    [InlineData("smtp", "MailDepot__WorkStorage", "", "maildepot: MailDepot:WorkStorage is not set")]
    [InlineData("smtp", "MailDepot__EventDays", "30", "maildepot: MailDepot:Recipients is empty, so every mail would be refused")]
    [InlineData(
        "smtp",
        "MailDepot__Smtp__RequireTls",
        "true",
        "maildepot: MailDepot:Smtp:Certificate is empty, and without TLS every mail would be refused")]
    [InlineData(
        "smtp",
        "MailDepot__Smtp__Certificate",
        "no.pem",
        "maildepot: MailDepot:Smtp:Certificate is 'no.pem': there is no such file.")]
    [InlineData(
        "smtp",
        "MailDepot__Recipients__0__Pattern",
        "*@example.com",
        "maildepot: MailDepot:Recipients:0:Pattern is '*@example.com', to which strangers could send, too: "
            + "take an address that nobody can guess (`maildepot smtp address new` makes one)")]
    [InlineData(
        "smtp",
        "MailDepot__Smtp__ClientCertificate",
        "mail.protection.outlook.com",
        "maildepot: MailDepot:Smtp:ClientCertificate is 'mail.protection.outlook.com', which a client can show in TLS only")]
    [InlineData("worker", "MailDepot__HealthPort", "70000", "maildepot: MailDepot:HealthPort is 70000: a port is a number")]
    [InlineData("worker", "MailDepot__Telemetry__TraceRatio", "2", "maildepot: MailDepot:Telemetry:TraceRatio is 2")]
    public async Task A_wrong_setting_is_one_sentence_at_start(string role, string setting, string value, string sentence)
    {
        var variables = new Dictionary<string, string?>(environment, StringComparer.Ordinal)
        {
            ["MailDepot__Recipients__0__Pattern"] = setting == "MailDepot__EventDays" ? null : Address,
            [setting] = value,
        };
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, variables, role);
        Assert.Equal(2, run.Code);
        Assert.StartsWith(sentence, run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task Networks_on_Container_Apps_are_one_sentence_at_start()
    {
        var variables = new Dictionary<string, string?>(environment, StringComparer.Ordinal)
        {
            ["CONTAINER_APP_NAME"] = "maildepot-smtp",
            ["MailDepot__Recipients__0__Pattern"] = "*@example.com",
            ["MailDepot__Smtp__Networks__0"] = "192.0.2.0/24",
        };
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, variables, "smtp");
        Assert.Equal(2, run.Code);
        Assert.StartsWith(
            "maildepot: MailDepot:Smtp:Networks is set, and on Container Apps the clients' addresses can't be seen",
            run.Errors,
            StringComparison.Ordinal);
        Assert.Single(run.Errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task Probes_leave_nothing_in_the_log_and_a_mail_leaves_its_session()
    {
        var (port, health) = (LocalPort.Choose(0), LocalPort.Choose(0));
        Start("smtp", health, ("MailDepot__Smtp__Port", port), ("MailDepot__Recipients__0__Pattern", Address));
        foreach (var _ in Enumerable.Range(0, 3))
        {
            await RoleHealth.ReadyAsync(health); // each probe: greeting, EHLO and QUIT on the SMTP port
        }

        var reply = await SmtpClient.SendAsync("127.0.0.1", port, "", [Address], new MemoryStream("x\r\n"u8.ToArray()), Token);
        List<string> sessions = [];
        await Eventually.IsTrueAsync(
            async () =>
            {
                var log = await Command.RunAsync(Command.MailDepot, folder.Path, environment, "log", "--json");
                sessions = log.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonDocument.Parse(line).RootElement)
                    .Where(e => e.GetProperty("kind").GetString() == "session")
                    .Select(e => e.GetProperty("text").GetString()!)
                    .ToList();
                return sessions.Count > 0;
            },
            "the mail's session is logged");
        Assert.Contains(reply.Split(' ')[^1], Assert.Single(sessions), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_settings_of_a_new_address_let_the_endpoint_start_and_take_its_mail()
    {
        var made = await NewAddressAsync(environment, "--domain", "archive.example.com", "--container", "legal");
        Assert.True(made.Code == 0, made.Errors);
        var settings = made.Text.Split('\n')
            .Where(line => line.Contains('=', StringComparison.Ordinal))
            .Select(line => line.Split('='))
            .Select(pair => (Name: pair[0], Value: (object)pair[1]))
            .ToList();
        Assert.Equal(
            ["MailDepot__Recipients__0__Pattern", "MailDepot__Recipients__0__Container", "MailDepot__Recipients__0__Journal"],
            settings.Select(setting => setting.Name));
        var address = (string)settings[0].Value;
        Assert.Matches("^journal-[0-9a-f]{32}@archive[.]example[.]com$", address);

        var (port, health) = (LocalPort.Choose(0), LocalPort.Choose(0));
        Start("smtp", health, [.. settings, ("MailDepot__Smtp__Port", port)]);
        await RoleHealth.ReadyAsync(health);
        var tagged = address.Replace("@", "+tag@", StringComparison.Ordinal);
        var reply = await SmtpClient.SendAsync("127.0.0.1", port, "", [tagged], new MemoryStream("x\r\n"u8.ToArray()), Token);
        Assert.True(Guid.TryParse(reply.Split(' ')[^1], out _), reply);
    }

    [Fact]
    public async Task A_test_mail_without_an_archiver_stops_on_the_queue_and_says_so()
    {
        var (port, health) = (LocalPort.Choose(0), LocalPort.Choose(0));
        Start("smtp", health, ("MailDepot__Smtp__Port", port), ("MailDepot__Recipients__0__Pattern", Address));
        await RoleHealth.ReadyAsync(health);
        var test = await Command.RunAsync(
            Command.MailDepot, folder.Path, environment,
            "smtp", "test", "--to", Address, "--port", $"{port}", "--timeout", "3");
        Assert.Equal(1, test.Code);
        Assert.Equal(
            ["connected", "accepted", "on the queue"],
            test.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..13].Trim()));
        Assert.Matches(
            "^maildepot: The mail is accepted but not archived yet: "
                + "after 3 s ticket [0-9a-f-]{36} has no receipt [(]does an archiver run[?] .*[)][.]\n$",
            test.Errors);
    }

    [Fact]
    public async Task A_new_address_is_printed_as_json_for_appsettings_or_with_the_next_free_number_for_the_environment()
    {
        var all = new Dictionary<string, string?>(environment, StringComparer.Ordinal)
        {
            ["MailDepot__Recipients__2__Pattern"] = Address,
            ["MailDepot__Smtp__Hostname"] = "mx.example.org",
        };
        var variables = await NewAddressAsync(all);
        Assert.Contains("MailDepot__Recipients__3__Pattern=journal-", variables.Text, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await NewAddressAsync(all, "--json")).Output).RootElement;
        var recipient = json.GetProperty("mailDepot").GetProperty("recipients")[0];
        Assert.EndsWith("@mx.example.org", recipient.GetProperty("pattern").GetString(), StringComparison.Ordinal);
        Assert.Equal(("default", true), (recipient.GetProperty("container").GetString(), recipient.GetProperty("journal").GetBoolean()));

        var wrong = await NewAddressAsync(all, "--domain", "no domain");
        Assert.Equal(
            (2, "maildepot: 'no domain' is no domain: give the part of the address after @, for example archive.example.com.\n"),
            (wrong.Code, wrong.Errors));
        var none = await NewAddressAsync(environment);
        const string needed = "maildepot: An address needs its part after @: "
            + "give it as in --domain archive.example.com, or set MailDepot__Smtp__Hostname.\n";
        Assert.Equal((2, needed, ""), (none.Code, none.Errors, none.Text));
    }

    [Fact]
    public async Task A_taken_port_is_one_sentence()
    {
        var health = LocalPort.Choose(0);
        Start("worker", health);
        await RoleHealth.ReadyAsync(health);
        var same = new Dictionary<string, string?>(environment, StringComparer.Ordinal) { ["MailDepot__HealthPort"] = $"{health}" };
        var second = await Command.RunAsync(Command.MailDepot, folder.Path, same, "worker");
        Assert.Equal(1, second.Code);
        Assert.Equal($"maildepot: Port {health} is taken: name another with MailDepot__HealthPort.\n", second.Errors);
    }

    public async ValueTask InitializeAsync()
    {
        azurite = await AzuriteProcess.StartOrAdoptAsync(
            await RunningDepot.AzuriteAsync(), new AzuriteSetup { Ports = AzuritePorts.Any }, TimeProvider.System, Token);
        environment = new(StringComparer.Ordinal)
        {
            ["MailDepot__WorkStorage"] = azurite.ConnectionString(AzuriteAccount.Development.Name),
            ["MailDepot__Smtp__RequireTls"] = "false",
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in started)
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }

            process.Dispose();
        }

        await azurite!.DisposeAsync();
        http.Dispose();
        folder.Dispose();
    }

    private Task<Command> NewAddressAsync(IReadOnlyDictionary<string, string?> variables, params string[] arguments) =>
        Command.RunAsync(Command.MailDepot, folder.Path, variables, ["smtp", "address", "new", .. arguments]);

    private Process Start(string role, int health, params (string Name, object Value)[] settings)
    {
        var all = new Dictionary<string, string?>(environment, StringComparer.Ordinal) { ["MailDepot__HealthPort"] = $"{health}" };
        foreach (var (name, value) in settings)
        {
            all[name] = $"{value}";
        }

        var process = Command.Start(Command.MailDepot, folder.Path, all, [role]);
        started.Add(process);
        return process;
    }
}
