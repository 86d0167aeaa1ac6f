using System.Diagnostics;
using System.Reflection;

namespace MailDepot.Tests.Infra;

/// <summary>The Bicep CLI, which this project's restore downloads.</summary>
public static class BicepProgram
{
    private static string File { get; } = typeof(BicepProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(data => data.Key == "Bicep").Value!;

    /// <summary>Runs it in a folder.</summary>
    /// <returns>Whether it succeeded, its standard output, and its complaints. Warnings are among them, and do not make it fail.</returns>
    public static async Task<(bool Succeeded, string Output, string Complaints)> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(File, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var bicep = Process.Start(start)!;
        var output = bicep.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var complaints = await bicep.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bicep.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (bicep.ExitCode == 0, await output, complaints.Replace(folder + "/", "", StringComparison.Ordinal));
    }
}
