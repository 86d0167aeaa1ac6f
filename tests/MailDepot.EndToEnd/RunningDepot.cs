using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using MailDepot.Host.Local;

namespace MailDepot.EndToEnd;

/// <summary>A <c>maildepot up --json</c> in a folder of its own.</summary>
public sealed class RunningDepot : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = [];
    private readonly ConcurrentQueue<string> errors = [];
    private readonly Task reading;

    private RunningDepot(Process process, string folder, IReadOnlyDictionary<string, string?> environment)
    {
        (this.process, Folder, Environment) = (process, folder, environment);
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => errors.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        reading = process.WaitForExitAsync(CancellationToken.None);
    }

    public string Folder { get; }

    public IReadOnlyDictionary<string, string?> Environment { get; }

    public int SmtpPort { get; private set; }

    public string WorkStorage { get; private set; } = "";

    /// <summary>The most bytes that the process ever had resident.</summary>
    public long PeakBytes
    {
        get
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
    }

    public IReadOnlyList<string> Lines => [.. lines];

    /// <summary>The Azurite of this clone, installed once.</summary>
    public static Task<AzuriteProgram> AzuriteAsync() => AzuriteProgram.FindAsync(
        new LocalFolder(Clone.Path(LocalFolder.Name)),
        System.Environment.GetEnvironmentVariable("MailDepot__Azurite"),
        SearchPath.FromEnvironment(),
        TestContext.Current.SendDiagnosticMessage,
        TimeProvider.System,
        TestContext.Current.CancellationToken);

    /// <summary>The variables that let the command find this Azurite.</summary>
    public static async Task<Dictionary<string, string?>> UsualEnvironmentAsync()
    {
        var program = await AzuriteAsync();
        return new(StringComparer.Ordinal)
        {
            ["MailDepot__Azurite"] = program.Arguments.IsEmpty ? program.File : program.Arguments[0],
        };
    }

    /// <summary>Starts it, on a free SMTP port unless <c>--smtp-port</c> is given, and returns when it is ready.</summary>
    public static async Task<RunningDepot> StartAsync(
        string folder, IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        string[] port = arguments.Contains("--smtp-port") ? [] : ["--smtp-port", "0"];
        var up = Command.Start(Command.MailDepot, folder, environment, ["up", "--json", .. port, .. arguments]);
        var depot = new RunningDepot(up, folder, environment);
        await Eventually.IsTrueAsync(() => !depot.lines.IsEmpty || depot.process.HasExited, "up is ready");
        Assert.True(depot.lines.TryPeek(out var ready), $"up ended with {(depot.process.HasExited ? depot.process.ExitCode : 0)}");
        var endpoints = JsonDocument.Parse(ready).RootElement;
        var smtp = endpoints.GetProperty("smtp").GetString()!;
        depot.SmtpPort = int.Parse(smtp.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        depot.WorkStorage = endpoints.GetProperty("workStorage").GetString()!;
        return depot;
    }

    /// <summary>Runs a verb of the command on it.</summary>
    public Task<Command> AskAsync(params string[] arguments) => Command.RunAsync(Command.MailDepot, Folder, Environment, arguments);

    /// <summary>The JSON that a verb prints.</summary>
    public async Task<JsonElement> AskJsonAsync(params string[] arguments)
    {
        var answer = await AskAsync([.. arguments, "--json"]);
        Assert.True(answer.Code == 0, $"{string.Join(' ', arguments)} ended with {answer.Code}: {answer.Errors}");
        return JsonDocument.Parse(answer.Output).RootElement;
    }

    public Task UntilArchivedAsync(int receipts) => Eventually.IsTrueAsync(
        async () =>
        {
            var containers = (await AskJsonAsync("status")).GetProperty("containers");
            return containers.EnumerateObject().Sum(container => container.Value.GetProperty("receipts").GetInt64()) >= receipts;
        },
        $"there are {receipts} receipts");

    /// <summary>Ends it as a service manager does; returns how long that took.</summary>
    public async Task<TimeSpan> StopAsync()
    {
        var started = Stopwatch.GetTimestamp();
        using (Process.Start("kill", ["-TERM", $"{process.Id}"]))
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    public string Errors => string.Join('\n', errors);

    /// <summary>Waits until it ends by itself; returns its exit code.</summary>
    public async Task<int> EndedAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    /// <summary>Ends it as a power failure does; its Azurite lives on.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await StopAsync();
        }

        await reading;
        process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }
}
