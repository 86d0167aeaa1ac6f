using System.Collections.Concurrent;
using System.Diagnostics;

namespace MailDepot.Testing.Functions;

/// <summary>The process of the published app, started with the arguments and the environment that the Functions host gives it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const string Assembly = "MailDepot.Functions.dll";

    /// <summary>Bytes of a message between host and worker, as the Functions host sets it.</summary>
    private const int MaxMessageBytes = int.MaxValue;

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = [];

    private WorkerProcess(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The operating system's.</summary>
    public int ProcessId => process.Id;

    /// <summary>Completes when it has ended.</summary>
    public Task EndedAsync() => process.WaitForExitAsync(CancellationToken.None);

    /// <summary>What it wrote to its outputs.</summary>
    public string Output => string.Join('\n', output);

    public static WorkerProcess Start(FunctionsHostSetup setup, string workerId, string hostAddress)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Assembly, "--functions-uri", hostAddress, "--functions-worker-id", workerId, "--functions-request-id",
                Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString(), "--functions-grpc-max-message-length",
                $"{MaxMessageBytes}",
            ])
        {
            WorkingDirectory = setup.AppFolder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = setup.AppFolder;
        start.Environment["AzureWebJobsStorage"] = setup.Storage;
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        foreach (var (key, value) in setup.Settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return new(start);
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public void Kill() => process.Kill();

    /// <summary>Ends it at once, if it still runs: a worker outlives its host.</summary>
    public void Dispose()
    {
        try
        {
            process.Kill();
            process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // it has ended
        }

        process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            output.Enqueue(line);
        }
    }
}
