using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MailDepot.Host.Local;

namespace MailDepot.Benchmarks.Ingest;

/// <summary><c>maildepot up --json</c> in a process of its own.</summary>
internal sealed class UpProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    private readonly Process process;
    private readonly DirectoryInfo folder;
    private readonly TimeProvider clock;

    private UpProcess(Process process, DirectoryInfo folder, TimeProvider clock) =>
        (this.process, this.folder, this.clock) = (process, folder, clock);

    /// <summary>Where SMTP listens on 127.0.0.1.</summary>
    public int Port { get; private init; }

    /// <summary>The most bytes that it ever had resident, <c>VmHWM</c> of proc(5).</summary>
    public long PeakBytes => ResidentMemory.PeakBytes(process.Id);

    /// <summary>Starts it on running storage; it listens when this returns.</summary>
    public static async Task<UpProcess> StartAsync(string storage, TimeProvider clock, CancellationToken ct)
    {
        var own = Directory.CreateTempSubdirectory("maildepot-");
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "maildepot"),
            ["up", "--json", "--data", own.FullName, "--smtp-port", "0", "--journal-recipient", JournalMails.Journal])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["MailDepot__WorkStorage"] = storage;
        var started = Process.Start(start)!;
        var line = await started.StandardOutput.ReadLineAsync(ct)
            ?? throw new BrokenRunException("`maildepot up` ended before it was ready.");
        using var ready = JsonDocument.Parse(line);
        var smtp = ready.RootElement.GetProperty("smtp").GetString()!;
        var port = smtp[(smtp.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return new UpProcess(started, own, clock) { Port = int.Parse(port, CultureInfo.InvariantCulture) };
    }

    /// <summary>Stops it in order; returns how many mails it reports as archived.</summary>
    public async Task<long> StopAsync(CancellationToken ct)
    {
        var output = process.StandardOutput.ReadToEndAsync(ct);
        await ProcessSignal.EndAsync(process, StopTimeout, clock, ct);
        using var end = JsonDocument.Parse(await output);
        return end.RootElement.GetProperty("archived").GetInt64();
    }

    public async ValueTask DisposeAsync()
    {
        await ProcessSignal.EndAsync(process, StopTimeout, clock, CancellationToken.None);
        process.Dispose();
        folder.Delete(recursive: true);
    }
}
