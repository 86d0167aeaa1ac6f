using System.Diagnostics;

namespace MailDepot.Functions.Tests;

public sealed class PublishTests
{
    /// <summary>An app published with it would start on Azure and never receive a message.</summary>
    [Fact]
    public async Task The_stand_in_can_not_be_published()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Clone.Top,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "msbuild", "src/MailDepot.Functions", "-target:PrepareForPublish", "-property:FunctionsWorker=standin",
                "-nologo", "-verbosity:quiet", "-nodeReuse:false",
            },
        };
        using var publish = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        var output = await publish.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await publish.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, publish.ExitCode);
        Assert.Contains(
            "The stand-in of the Functions worker is for tests only: publish without FunctionsWorker=standin",
            output,
            StringComparison.Ordinal);
    }
}
