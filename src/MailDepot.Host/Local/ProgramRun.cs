using System.Collections.Immutable;
using System.Diagnostics;

namespace MailDepot.Host.Local;

/// <summary>A program that ran to its end, and what it wrote.</summary>
/// <param name="ExitCode">0 is success.</param>
/// <param name="Output">Lines of standard output.</param>
/// <param name="Errors">Lines of standard error.</param>
public sealed record ProgramRun(int ExitCode, ImmutableArray<string> Output, ImmutableArray<string> Errors)
{
    /// <summary>Runs a program without a terminal; nothing it writes reaches the user's screen.</summary>
    /// <param name="file">Full path of the executable.</param>
    /// <param name="arguments">Passed one by one, without a shell.</param>
    /// <param name="path">Where the program finds other programs, such as the <c>node</c> that runs a script.</param>
    /// <param name="token">Ends the program and all it started.</param>
    public static async Task<ProgramRun> ToEndAsync(string file, ImmutableArray<string> arguments, SearchPath path, CancellationToken token)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["PATH"] = path.Text },
            },
        };
        process.Start();
        process.StandardInput.Close();
        try
        {
            var output = LinesAsync(process.StandardOutput, token);
            var errors = LinesAsync(process.StandardError, token);
            await process.WaitForExitAsync(token);
            return new ProgramRun(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task<ImmutableArray<string>> LinesAsync(StreamReader reader, CancellationToken token)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        while (await reader.ReadLineAsync(token) is { } line)
        {
            lines.Add(line);
        }

        return lines.DrainToImmutable();
    }
}
