using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MailDepot.Tests.Infra;

/// <summary>
/// Runs <c>infra/deploy.sh</c> with an <c>az</c> that only records its calls, and a <c>dotnet</c> that zips but does not publish.
/// </summary>
public sealed class DeployScriptTests : IDisposable
{
    /// <summary>The programs that the script needs besides those two.</summary>
    private static readonly string[] Tools =
        ["bash", "cat", "date", "dirname", "grep", "mktemp", "mkdir", "rm", "sed", "sleep", "timeout", "touch"];

    private static readonly string[] Places = ["/usr/bin/", "/bin/"];

    private readonly TemporaryFolder folder = new();

    public DeployScriptTests()
    {
        Directory.CreateDirectory(folder.In("bin"));
        foreach (var tool in Tools)
        {
            File.CreateSymbolicLink(folder.In($"bin/{tool}"), Places.Select(place => place + tool).First(File.Exists));
        }

        folder.Program("bin/az", $$"""
            cd '{{folder.Path}}'
            echo "az $*" >>calls
            case "$*" in
              'account show'*) [ ! -e logged-out ] ;;
              'group exists'*) if [ -e group ]; then echo true; else echo false; fi ;;
              'group create'*) touch group ;;
              'deployment group create'*) touch deployed; [ ! -e broken ] ;;
              'deployment group show'*) [ -e deployed ] || exit 3 ;;
              'acr show'*) [ -e deployed ] ;;
              'acr login'*) [ ! -e no-token ] && echo secret-token ;;
              'functionapp function list'*) cat functions ;;
              'containerapp revision list'*) cat health ;;
            esac || exit 1
            case "$*" in
              *outputs.registry.value*) echo maildepotabc ;;
              *outputs.registryServer.value*) echo registry.example.net ;;
              *outputs.functionsApp.value*) echo maildepot-abc ;;
              *outputs.smtpApp.value*) echo maildepot-smtp ;;
              *outputs.smtpAddress.value*) echo 127.0.0.1 ;;
              *outputs.smtpHostname.value*) echo archive.example.com ;;
              *parameters.image.value*) echo maildepot:7 ;;
            esac
            """);
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        folder.Program("bin/dotnet", $$"""
            echo "dotnet $*" >>'{{folder.Path}}/calls'
            case "$*" in
              msbuild*) exec '{{dotnet}}' "$@" ;;
              *MailDepot.Functions*) mkdir -p "$6/.azurefunctions"; echo app >"$6/host.json"; echo hidden >"$6/.azurefunctions/meta" ;;
              *) echo "$DOTNET_CONTAINER_PUSH_REGISTRY_UNAME $DOTNET_CONTAINER_PUSH_REGISTRY_PWORD" >'{{folder.Path}}/credentials' ;;
            esac
            """);
        File.WriteAllText(folder.In("my.bicepparam"), "");
        File.WriteAllText(folder.In("health"), "Healthy\n");
        File.WriteAllLines(folder.In("functions"), Functions.Select(name => "maildepot-abc/" + name));
    }

    private static IEnumerable<string> Functions
    {
        get
        {
            var configuration = new ConfigurationBuilder()
                .AddInMemoryCollection([new("MailDepot:WorkStorage", "UseDevelopmentStorage=true")])
                .Build();
            using var services = new ServiceCollection().AddLogging()
                .AddReaders(configuration).AddConnectors().AddArchiver()
                .BuildServiceProvider();
            var pipeline = services.GetRequiredService<Pipeline>();
            return [.. pipeline.Queues.Select(work => work.Name), .. pipeline.Jobs.Select(job => job.Name)];
        }
    }

    private string[] Calls => File.Exists(folder.In("calls")) ? File.ReadAllLines(folder.In("calls")) : [];

    [Fact]
    public async Task The_first_deployment_creates_the_registry_first_and_ends_with_a_greeting()
    {
        var (code, output, errors) = await RunAsync("220 archive.example.com ESMTP\r\n", "maildepot", "westeurope");
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal(
            [
                "az group create",
                "dotnet publish MailDepot.Functions",
                "az deployment group create image=",
                "dotnet publish MailDepot.Host",
                "az deployment group create image=maildepot:N",
                "az functionapp deployment source config-zip",
                "az functionapp restart",
            ],
            Calls.Select(Changing).Where(call => call.Length > 0));
        Assert.Contains(
            "Functions: ArchiveMail RescuePoison CollectMailbox PollPop3 NotifyAdministrator Housekeeping",
            output,
            StringComparison.Ordinal);
        Assert.Contains("220 archive.example.com ESMTP", output, StringComparison.Ordinal);
        Assert.EndsWith(
            "Point archive.example.com to 127.0.0.1, then test it: see «What to prove first» in infra/README.md.\n",
            output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_deploys_the_template_once()
    {
        Given("group", "deployed");
        Assert.Equal(0, (await RunAsync("220 archive.example.com ESMTP\r\n", "maildepot")).Code);
        Assert.Equal(
            [
                "dotnet publish MailDepot.Functions",
                "dotnet publish MailDepot.Host",
                "az deployment group create image=maildepot:N",
                "az functionapp deployment source config-zip",
                "az functionapp restart",
            ],
            Calls.Select(Changing).Where(call => call.Length > 0));
    }

    [Fact]
    public async Task The_image_is_pushed_to_the_deployments_registry_with_a_token_that_no_command_line_shows()
    {
        Given("group", "deployed");
        await RunAsync("220 \r\n", "maildepot");
        var credentials = await File.ReadAllTextAsync(folder.In("credentials"), TestContext.Current.CancellationToken);
        Assert.Equal("00000000-0000-0000-0000-000000000000 secret-token", credentials.Trim());
        Assert.DoesNotContain(Calls, call => call.Contains("secret-token", StringComparison.Ordinal));
        var push = Assert.Single(Calls, call => call.Contains("PublishContainer", StringComparison.Ordinal));
        Assert.Contains("-p:ContainerRegistry=registry.example.net -p:ContainerImageTag=20", push, StringComparison.Ordinal);
        var tag = push[(push.LastIndexOf('=') + 1)..];
        Assert.Single(Calls, call => call.EndsWith($"--parameters image=maildepot:{tag} --output none", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_if_shows_and_changes_nothing()
    {
        Given("group", "deployed");
        Assert.Equal(0, (await RunAsync("", "what-if", "maildepot")).Code);
        Assert.All(Calls, call => Assert.Equal("", Changing(call)));
        Assert.Equal(
            "az deployment group what-if --resource-group maildepot --name maildepot "
            + $"--parameters {folder.In("my.bicepparam")} --parameters image=maildepot:7",
            Calls[^1]);
    }

    [Fact]
    public async Task The_package_holds_the_app_and_its_hidden_folder()
    {
        Directory.CreateDirectory(folder.In("app/.azurefunctions"));
        await File.WriteAllTextAsync(folder.In("app/host.json"), "{}", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.In("app/.azurefunctions/meta"), "{}", TestContext.Current.CancellationToken);
        var (from, to) = (folder.In("app"), folder.In("app.zip"));
        var project = Clone.Path("infra/package.proj");
        using (var build = Process.Start("dotnet", ["msbuild", project, $"-p:From={from}", $"-p:To={to}", "-nologo"]))
        {
            await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await using var package = await ZipFile.OpenReadAsync(to, TestContext.Current.CancellationToken);
        Assert.Equal([".azurefunctions/meta", "host.json"], package.Entries.Select(entry => entry.FullName).Order());
    }

    [Theory]
    [InlineData("az", "az, the Azure CLI, is missing: install it from https://aka.ms/azure-cli, then run this again.")]
    [InlineData("dotnet", "dotnet is missing: install the .NET SDK 10 from https://dotnet.microsoft.com/download, then run this again.")]
    public async Task A_missing_program_is_one_sentence(string program, string sentence)
    {
        File.Delete(folder.In("bin/" + program));
        Assert.Equal((1, "", sentence + "\n"), await RunAsync("", "maildepot", "westeurope"));
        Assert.DoesNotContain(Calls, call => Changing(call).Length > 0);
    }

    [Theory]
    [InlineData("logged-out", "The Azure CLI is not logged in: run az login, then run this again.")]
    [InlineData("no-parameters", "my.bicepparam is missing: copy ")]
    [InlineData(
        "no-location",
        "There is no resource group maildepot: give a location after its name, as in: bash infra/deploy.sh maildepot westeurope")]
    public async Task What_a_person_forgot_is_one_sentence_and_nothing_is_changed(string forgot, string sentence)
    {
        Given(forgot);
        if (forgot == "no-parameters")
        {
            File.Delete(folder.In("my.bicepparam"));
        }

        var (code, _, errors) = await RunAsync("", "maildepot");
        Assert.Equal((1, 1), (code, errors.Trim().Split('\n').Length));
        Assert.Contains(sentence, errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls, call => Changing(call).Length > 0);
    }

    [Fact]
    public async Task A_template_that_Azure_refuses_ends_the_deployment_there()
    {
        Given("group", "deployed", "broken");
        Assert.NotEqual(0, (await RunAsync("", "maildepot")).Code);
        Assert.DoesNotContain(Calls, call => call.StartsWith("az functionapp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_registry_without_a_token_is_one_sentence()
    {
        Given("group", "deployed", "no-token");
        Assert.Contains(
            "The registry maildepotabc gives no token: you need the role AcrPush or Contributor on it.\n",
            (await RunAsync("", "maildepot")).Errors,
            StringComparison.Ordinal);
        Assert.DoesNotContain(Calls, call => call.Contains("PublishContainer", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("functions", "maildepot-abc/ArchiveMail", "Functions: the Functions app does not show RescuePoison.")]
    [InlineData("health", "Unhealthy", "SMTP app: the SMTP app's revision is Unhealthy.")]
    [InlineData("health", "", "SMTP app: the SMTP app's revision is not there.")]
    public async Task What_the_smoke_check_finds_wrong_is_printed_with_where_to_look(string file, string content, string sentence)
    {
        Given("group", "deployed");
        await File.WriteAllTextAsync(folder.In(file), content + "\n", TestContext.Current.CancellationToken);
        var (code, _, errors) = await RunAsync("220 \r\n", "maildepot");
        Assert.Equal(1, code);
        Assert.Equal(sentence + " Everything is deployed; see «When it does not start» in infra/README.md.\n", errors);
    }

    [Fact]
    public async Task Something_else_on_the_port_is_a_failure_and_a_port_out_of_reach_is_not()
    {
        Given("group", "deployed");
        var (code, _, errors) = await RunAsync("HTTP/1.1 400 Bad Request\r\n", "maildepot");
        Assert.Equal(1, code);
        Assert.Contains("answers 'HTTP/1.1 400 Bad Request' instead of 220", errors, StringComparison.Ordinal);

        (code, var output, _) = await RunAsync("", "maildepot");
        Assert.Equal(0, code);
        Assert.Contains("can't be reached from here. Many networks block port 25", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_call_in_the_guide_is_a_right_one()
    {
        Given("logged-out");
        Assert.Contains("maildepot westeurope", GuideCommandTests.DeployCalls);
        foreach (var call in GuideCommandTests.DeployCalls.Distinct(StringComparer.Ordinal))
        {
            var (code, _, errors) = await RunAsync("", call.Split(' '));
            Assert.Equal((1, "The Azure CLI is not logged in: run az login, then run this again.\n"), (code, errors));
        }
    }

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("what-if")]
    [InlineData("one", "two", "three")]
    public async Task A_wrong_call_shows_the_right_ones(params string[] arguments)
    {
        var (code, _, errors) = await RunAsync("", arguments);
        Assert.Equal(2, code);
        Assert.StartsWith("bash infra/deploy.sh GROUP [LOCATION]", errors, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private void Given(params string[] states)
    {
        foreach (var state in states)
        {
            File.WriteAllText(folder.In(state), "");
        }
    }

    /// <summary>A call that changes something, in short. Any other call gives an empty string.</summary>
    private static string Changing(string call)
    {
        var words = call.Split(' ');
        return call switch
        {
            _ when call.StartsWith("az group create", StringComparison.Ordinal) => "az group create",
            _ when call.StartsWith("az deployment group create", StringComparison.Ordinal) => "az deployment group create " + Image(),
            _ when call.StartsWith("az functionapp deployment source config-zip", StringComparison.Ordinal) =>
                "az functionapp deployment source config-zip",
            _ when call.StartsWith("az functionapp restart", StringComparison.Ordinal) => "az functionapp restart",
            _ when call.StartsWith("dotnet publish", StringComparison.Ordinal) => "dotnet publish " + Path.GetFileName(words[2]),
            _ => "",
        };

        string Image() =>
            words.Single(word => word.StartsWith("image=", StringComparison.Ordinal)) is "image=" ? "image=" : "image=maildepot:N";
    }

    /// <summary>Runs the script. The SMTP port greets with this; without a greeting, the port is closed.</summary>
    private async Task<(int Code, string Output, string Errors)> RunAsync(string greeting, params string[] arguments)
    {
        var token = TestContext.Current.CancellationToken;
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var number = ((IPEndPoint)port.LocalEndpoint).Port;
        if (greeting.Length == 0)
        {
            port.Stop();
        }

        var greeted = greeting.Length == 0 ? Task.CompletedTask : GreetAsync(port, greeting);
        var start = new ProcessStartInfo(folder.In("bin/bash"), [Clone.Path("infra/deploy.sh"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = folder.In("bin");
        start.Environment["PARAMETERS"] = folder.In("my.bicepparam");
        start.Environment["SMTP_PORT"] = $"{number}";
        start.Environment["TRIES"] = "2";
        start.Environment["PAUSE"] = "0";
        using var script = Process.Start(start)!;
        var errors = script.StandardError.ReadToEndAsync(token);
        var output = await script.StandardOutput.ReadToEndAsync(token);
        await script.WaitForExitAsync(token);
        port.Stop();
        await greeted;
        return (script.ExitCode, output, await errors);
    }

    private static async Task GreetAsync(TcpListener port, string greeting)
    {
        try
        {
            using var client = await port.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(greeting), TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            // the script never connected
        }
    }
}
