using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using MailDepot.Connectors.Receiving;
using MailDepot.Host.Serving;

namespace MailDepot.Tests.Infra;

/// <summary>The image as the SDK would build it. Ingress, image and code agree on the ports.</summary>
[Collection<OneTemplate>]
public sealed class ImageTests(TemplateFixture template)
{
    private const int Smtp = 2525;
    private const int Health = 8080;

    [Fact]
    public async Task The_image_is_small_does_not_run_as_root_and_starts_maildepot()
    {
        var image = await ImageAsync();
        var properties = image["Properties"]!;
        Assert.EndsWith("dotnet/aspnet:10.0-noble-chiseled", (string)properties["ContainerBaseImage"]!, StringComparison.Ordinal);
        Assert.Equal("app", (string)properties["ContainerUser"]!);
        Assert.Equal("maildepot", (string)properties["ContainerRepository"]!);
        Assert.Equal("linux-x64", (string)properties["ContainerRuntimeIdentifier"]!);
        Assert.Equal(["dotnet", "/app/maildepot.dll"], Items(image, "ContainerAppCommand"));
        Assert.Equal("Entrypoint", (string)properties["ContainerAppCommandInstruction"]!);
    }

    [Fact]
    public async Task Ingress_image_and_code_agree_on_their_ports()
    {
        Assert.Equal([$"{Smtp}", $"{Health}"], Items(await ImageAsync(), "ContainerPort"));
        Assert.Equal(Smtp, new SmtpOptions().Port);
        Assert.Equal($"{Smtp}", template.Full.SmtpSettings()["MailDepot__Smtp__Port"]);
        var ingress = template.Full.The("Microsoft.App/containerApps").Properties["configuration"]!["ingress"]!;
        Assert.Equal($$"""{"external":true,"transport":"tcp","targetPort":{{Smtp}},"exposedPort":25}""", ingress.ToJsonString());
    }

    [Fact]
    public void Probes_ask_the_health_port_whether_the_app_is_alive_and_whether_it_is_ready() => Assert.Equal(
        [$"Startup {Health}/live", $"Liveness {Health}/live", $"Readiness {Health}/ready"],
        template.Full.SmtpContainer()["probes"]!.AsArray()
            .Select(probe => $"{probe!["type"]} {probe["httpGet"]!["port"]}{probe["httpGet"]!["path"]}"));

    [Fact]
    public void The_SMTP_app_runs_the_smtp_role_and_gets_more_time_to_stop_than_the_host_takes()
    {
        var container = template.Full.SmtpContainer();
        Assert.Equal("""["smtp"]""", container["args"]!.ToJsonString());
        Assert.Contains("'maildepot:20261123000000'", (string)container["image"]!, StringComparison.Ordinal);
        var app = template.Full.The("Microsoft.App/containerApps").Properties["template"]!;
        var grace = (int)app["terminationGracePeriodSeconds"]!;
        Assert.Equal((90, "90"), (grace, template.Full.SmtpSettings()["MailDepot__GraceSeconds"]));
        Assert.InRange(Shutdown.ForContainer(grace).Limit.TotalSeconds, 80, 89);
        var scale = app["scale"]!;
        Assert.Equal("2 10", $"{scale["minReplicas"]} {scale["maxReplicas"]}");
        Assert.Equal("50", $"{scale["rules"]![0]!["tcp"]!["metadata"]!["concurrentConnections"]}");
    }

    [Fact]
    public void Before_there_is_an_image_there_is_a_registry_and_no_SMTP_app()
    {
        Assert.NotNull(template.First.The("Microsoft.ContainerRegistry/registries"));
        Assert.Empty(template.First.Those("Microsoft.App/containerApps"));
        Assert.Equal("", (string)template.First.Outputs["smtpApp"]!);
    }

    [Fact]
    public void The_environment_has_a_network_of_its_own_and_can_be_reached_from_outside()
    {
        var properties = template.Full.The("Microsoft.App/managedEnvironments").Properties;
        Assert.Equal("<network.smtpSubnetId>", Deployment.Text(properties["vnetConfiguration"]!["infrastructureSubnetId"]!));
        Assert.False((bool)properties["vnetConfiguration"]!["internal"]!);
    }

    private static IEnumerable<string> Items(JsonNode image, string kind) =>
        image["Items"]![kind]!.AsArray().Select(item => (string)item!["Identity"]!);

    /// <summary>What the SDK computes for <c>dotnet publish -t:PublishContainer</c>, before it asks for the base image.</summary>
    private static async Task<JsonNode> ImageAsync()
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                "msbuild", Clone.Path("src/MailDepot.Host"), "-t:ComputeContainerConfig",
                "-getProperty:ContainerBaseImage,ContainerUser,ContainerRepository,ContainerRuntimeIdentifier,"
                    + "ContainerAppCommandInstruction",
                "-getItem:ContainerAppCommand,ContainerPort",
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var build = Process.Start(start)!;
        var output = await build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(build.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"Exit code {build.ExitCode}: {output}"));
        return JsonNode.Parse(output)!;
    }
}
