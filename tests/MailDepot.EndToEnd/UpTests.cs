using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using MailDepot.Host.Demo;
using MailDepot.Host.Smtp;

namespace MailDepot.EndToEnd;

public sealed partial class UpTests
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_demo_archives_every_sample_where_it_belongs_and_says_so()
    {
        using var folder = new TemporaryFolder();
        var run = await DemoAsync(folder);
        Assert.True(run.Code == 0, run.Text + run.Errors);
        Assert.Contains("13         14", run.Text, StringComparison.Ordinal);
        Assert.Contains("Budget 2027, second draft", run.Text, StringComparison.Ordinal);
        Assert.Contains("duplicates 1", run.Text, StringComparison.Ordinal);
        Assert.Equal(Samples.All.Sum(sample => sample.Deliveries), ReceivedLine().Count(run.Text));
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Json_is_one_line_when_ready_and_one_at_the_end()
    {
        using var folder = new TemporaryFolder();
        var run = await DemoAsync(folder, "--json");
        var lines = run.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((0, 2), (run.Code, lines.Length));
        Assert.True(JsonDocument.Parse(lines[0]).RootElement.GetProperty("ready").GetBoolean());
        var end = JsonDocument.Parse(lines[1]).RootElement;
        Assert.Equal((15, 14, 1), (Count("received"), Count("archived"), Count("duplicates")));

        int Count(string name) => end.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task The_demo_adds_its_own_addresses_to_those_named()
    {
        using var folder = new TemporaryFolder();
        var run = await DemoAsync(folder, "--recipient", "*@example.org=office");
        Assert.True(run.Code == 0, run.Text + run.Errors);
    }

    [Fact]
    public async Task Without_its_storage_up_ends_and_says_why()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        var record = JsonDocument.Parse(await File.ReadAllTextAsync(folder.Local.AzuriteRecord, Token)).RootElement;
        var id = record.EnumerateObject().First(field => field.Name.Equals("processId", StringComparison.OrdinalIgnoreCase));
        using (var azurite = System.Diagnostics.Process.GetProcessById(id.Value.GetInt32()))
        {
            azurite.Kill();
        }

        Assert.Equal(1, await depot.EndedAsync());
        Assert.Contains("Azurite) has ended unexpectedly", depot.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_is_replaced_by_a_free_one()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(
            folder.Path, await RunningDepot.UsualEnvironmentAsync(), "--smtp-port", $"{port}");
        Assert.NotEqual(port, depot.SmtpPort);
        using var mail = new MemoryStream("Subject: x\r\n\r\n"u8.ToArray());
        await SmtpClient.SendAsync("127.0.0.1", depot.SmtpPort, "", ["a@example.com"], mail, Token);
    }

    [Fact]
    public async Task A_second_up_on_the_same_folder_fails_and_names_the_way_out()
    {
        using var folder = new TemporaryFolder();
        await using var depot = await RunningDepot.StartAsync(folder.Path, await RunningDepot.UsualEnvironmentAsync());
        var second = await depot.AskAsync("up");
        Assert.Equal(1, second.Code);
        var sentence = Assert.Single(second.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("--data DIR", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_node_one_sentence_says_what_to_install()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PATH"] = folder.Path,
            ["MailDepot__Azurite"] = null,
            ["DOTNET_ROOT"] = DotnetRoot,
        };
        var run = await Command.RunAsync(Command.MailDepot, folder.Path, environment, "up");
        Assert.Equal(1, run.Code);
        var sentence = Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("Node.js 20 or newer", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_under_load_is_quick_and_loses_nothing_that_was_accepted()
    {
        using var folder = new TemporaryFolder();
        var environment = await RunningDepot.UsualEnvironmentAsync();
        SmtpLoad load;
        await using (var depot = await RunningDepot.StartAsync(folder.Path, environment))
        {
            load = SmtpLoad.Start(depot.SmtpPort, clients: 4, "stop");
            await load.UntilAcceptedAsync(200);
            Assert.InRange(await depot.StopAsync(), TimeSpan.Zero, StopTimeout);
            await load.UntilGoneAsync();
        }

        await using var again = await RunningDepot.StartAsync(folder.Path, environment);
        await using var archived = new Archived(again.WorkStorage);
        await archived.UntilQueueIsEmptyAsync();
        await archived.HoldsOnceBitForBitAsync(load.Accepted);
    }

    private static async Task<Command> DemoAsync(TemporaryFolder folder, params string[] more) => await Command.RunAsync(
        Command.MailDepot,
        folder.Path,
        await RunningDepot.UsualEnvironmentAsync(),
        ["up", "--demo", "--exit", "--smtp-port", "0", .. more]);

    [GeneratedRegex(@"^\d\d:\d\d:\d\d  received ", RegexOptions.Multiline, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ReceivedLine();

    private static string? DotnetRoot => Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"))
        ?? Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "/usr/share/dotnet";
}
