using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MailDepot.Host.Local;

/// <summary>Asks a process to end; <see cref="Process"/> can only kill.</summary>
internal static class ProcessSignal
{
    // SIGTERM is 15 on Linux and macOS (POSIX does not fix signal numbers; signal(7)).
    private const int Terminate = 15;

    /// <summary>
    /// Ends it cleanly within <paramref name="patience"/>, or kills it; returns when it is gone. Windows has no signal
    /// to ask with, so the process is killed there.
    /// </summary>
    public static async Task EndAsync(Process process, TimeSpan patience, TimeProvider clock, CancellationToken token)
    {
        if (process.HasExited)
        {
            return;
        }

        var asked = !OperatingSystem.IsWindows() && Send(process.Id, Terminate) == 0;
        using var limit = new CancellationTokenSource(asked ? patience : TimeSpan.Zero, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);
}
