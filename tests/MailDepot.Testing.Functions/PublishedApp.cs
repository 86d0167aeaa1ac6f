using System.Diagnostics;
using System.Reflection;

namespace MailDepot.Testing.Functions;

/// <summary>The Functions app as it is deployed.</summary>
public static class PublishedApp
{
    private static readonly string Configuration =
        typeof(PublishedApp).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>Publishes what was built beside this.</summary>
    /// <param name="project">Folder of its project.</param>
    /// <param name="folder">Where the published app is put.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="InvalidOperationException">It can't be published; quotes the output.</exception>
    public static async Task PublishAsync(string project, string folder, CancellationToken ct)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            ["publish", project, "--no-build", "--configuration", Configuration, "--output", folder, "--nologo", "-nodeReuse:false"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync(ct);
        await publish.WaitForExitAsync(ct);
        if (publish.ExitCode != 0)
        {
            throw new InvalidOperationException($"The Functions app can't be published: {output}");
        }
    }
}
