using System.Diagnostics;
using System.Globalization;
using System.Net;
using MailDepot.Host.Local;
using MailDepot.Host.Smtp;
using MailDepot.Host.Up;
using MailDepot.Tests.Local;

namespace MailDepot.EndToEnd;

/// <summary>The parts of the depot as processes of their own, as containers run them.</summary>
public sealed class RolesTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly HttpClient http = new();
    private readonly List<Process> started = [];
    private Dictionary<string, string?> environment = [];
    private AzuriteProcess? azurite;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_process_takes_a_mail_another_archives_it_and_both_end_when_told()
    {
        var (smtpPort, smtpHealth, workerHealth) = (LocalPort.Choose(0), LocalPort.Choose(0), LocalPort.Choose(0));
        var smtp = Start("smtp", smtpHealth, ("MailDepot__Smtp__Port", smtpPort), ("MailDepot__Recipients__0__Pattern", "journal@depot.example.com"));
        var worker = Start("worker", workerHealth, ("MailDepot__Recipients__0__Pattern", "journal@depot.example.com"));
        await ReadyAsync(smtpHealth);
        await ReadyAsync(workerHealth);

        var reply = await SmtpDelivery.SendAsync("127.0.0.1", smtpPort, "", ["journal@depot.example.com"], new MemoryStream("Subject: hello\r\n\r\ntext\r\n"u8.ToArray()), Token);
        var id = reply.Split(' ')[^1];
        await Eventually.IsTrueAsync(async () => (await Command.RunAsync(Command.MailDepot, folder.Path, environment, "get", id)).Code == 0, "the mail is archived");

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
    public async Task A_probe_hears_that_storage_is_away_and_the_process_lives_on()
    {
        var health = LocalPort.Choose(0);
        var smtp = Start("smtp", health, ("MailDepot__Smtp__Port", LocalPort.Choose(0)), ("MailDepot__Recipients__0__Pattern", "journal@depot.example.com"));
        await ReadyAsync(health);
        await azurite!.StopAsync(Token);

        var ready = await http.GetAsync($"http://127.0.0.1:{health}/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.StartsWith("Unhealthy\nstorage: storage does not answer", await ready.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"http://127.0.0.1:{health}/live", Token)).StatusCode);
        Assert.False(smtp.HasExited);
    }

    [Theory]
    [InlineData("smtp", "MailDepot__WorkStorage", "", "maildepot: MailDepot:WorkStorage is not set")]
    [InlineData("smtp", "MailDepot__EventDays", "30", "maildepot: MailDepot:Recipients is empty, so every mail would be refused")]
    [InlineData("smtp", "MailDepot__Smtp__RequireTls", "true", "maildepot: MailDepot:Smtp:Certificate is empty, and without TLS every mail would be refused")]
    [InlineData("smtp", "MailDepot__Smtp__Certificate", "no.pem", "maildepot: MailDepot:Smtp:Certificate is 'no.pem': there is no such file.")]
    [InlineData("worker", "MailDepot__HealthPort", "70000", "maildepot: MailDepot:HealthPort is 70000: a port is a number")]
    [InlineData("worker", "MailDepot__Telemetry__TraceRatio", "2", "maildepot: MailDepot:Telemetry:TraceRatio is 2")]
    public async Task What_is_wrong_in_the_settings_is_one_sentence_at_start(string role, string setting, string value, string sentence)
    {
        var recipient = setting == "MailDepot__EventDays" ? null : "*@example.com";
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, new Dictionary<string, string?>(environment, StringComparer.Ordinal) { ["MailDepot__Recipients__0__Pattern"] = recipient, [setting] = value }, role);
        Assert.Equal(2, run.Code);
        Assert.StartsWith(sentence, run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_taken_port_is_one_sentence()
    {
        var health = LocalPort.Choose(0);
        Start("worker", health);
        await ReadyAsync(health);
        var second = await Command.RunAsync(Command.MailDepot, folder.Path, new Dictionary<string, string?>(environment, StringComparer.Ordinal) { ["MailDepot__HealthPort"] = $"{health}" }, "worker");
        Assert.Equal(1, second.Code);
        Assert.StartsWith("maildepot: A port can't be opened (", second.Errors, StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync()
    {
        var usual = await RunningDepot.UsualEnvironmentAsync();
        var program = await AzuriteProgram.FindAsync(new LocalFolder(Clone.Path(LocalFolder.Name)), usual["MailDepot__Azurite"], SearchPath.FromEnvironment(), _ => { }, TimeProvider.System, Token);
        azurite = await AzuriteProcess.StartOrAdoptAsync(program, new AzuriteSetup { Ports = AzuritePorts.Any }, TimeProvider.System, Token);
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

    private Task ReadyAsync(int health) => Eventually.IsTrueAsync(
        async () =>
        {
            try
            {
                return (await http.GetAsync($"http://127.0.0.1:{health}/ready", Token)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // not listening yet
            }
        },
        "the role is ready");
}
