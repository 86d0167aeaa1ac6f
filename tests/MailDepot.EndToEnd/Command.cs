using System.Diagnostics;
using System.Text;

namespace MailDepot.EndToEnd;

/// <summary>A finished run of the real <c>maildepot</c>, or of another program: its exit code and what it printed.</summary>
public sealed record Command(int Code, byte[] Output, string Errors)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The program under test, beside these tests.</summary>
    public static string MailDepot { get; } = Path.Combine(AppContext.BaseDirectory, "maildepot");

    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Runs to the end.</summary>
    /// <param name="program">Its path, or a name on the PATH.</param>
    /// <param name="folder">The current directory.</param>
    /// <param name="environment">Variables on top of those of this process; null removes one.</param>
    public static async Task<Command> RunAsync(
        string program, string folder, IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        using var process = Start(program, folder, environment, arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var output = new MemoryStream();
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new Command(process.ExitCode, output.ToArray(), await errors);
    }

    /// <summary>Starts it with its output redirected.</summary>
    public static Process Start(
        string program, string folder, IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }
}
