using System.Diagnostics;
using MailDepot.Host.Local;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>nodemailer's smtp-server, installed once by npm into the data folder, which git ignores.</summary>
internal static class SmtpServerInstall
{
    private const string Package = "smtp-server@3.21.6";

    /// <summary>The folder whose <c>node_modules</c> has it, for the variable NODE_PATH.</summary>
    public static async Task<string> RunAsync(LocalFolder folder, Action<string> say, CancellationToken ct)
    {
        var into = Path.Combine(folder.Path, "smtp-server");
        var modules = Path.Combine(into, "node_modules");
        if (Directory.Exists(Path.Combine(modules, "smtp-server")))
        {
            return modules;
        }

        say($"Installing {Package} into {into} …");
        Directory.CreateDirectory(into);
        string[] arguments =
        [
            "install", "--prefix", into, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", Package,
        ];
        using var install = Process.Start(new ProcessStartInfo(Peers.Find("npm"), arguments) { UseShellExecute = false })!;
        await install.WaitForExitAsync(ct);
        return install.ExitCode == 0
            ? modules
            : throw new StartException($"npm could not install {Package} into {into}: see its messages above and try again.");
    }
}
