using System.Diagnostics;
using System.Globalization;
using MailDepot.Host.Local;

namespace MailDepot.Benchmarks.Smtp;

/// <summary>A program that receives mail on 127.0.0.1, in a process of its own.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    private readonly Process process;
    private readonly TimeProvider clock;

    private Receiver(string name, int port, Process process, TimeProvider clock) =>
        (Name, Port, this.process, this.clock) = (name, port, process, clock);

    public string Name { get; }

    public int Port { get; }

    /// <summary>The bytes resident now.</summary>
    public long Bytes => ResidentMemory.Bytes(process.Id);

    /// <summary>The most bytes that it ever had resident.</summary>
    public long PeakBytes => ResidentMemory.PeakBytes(process.Id);

    /// <summary>Starts a program that listens at <paramref name="port"/>, or chooses its port and prints it.</summary>
    public static async Task<Receiver> StartAsync(
        string name,
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?> environment,
        int? port,
        TimeProvider clock,
        CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = port is null };
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        var started = Process.Start(start)!;
        var listens = port ?? int.Parse(
            await started.StandardOutput.ReadLineAsync(ct) ?? throw new StartException($"{name} ended before it listened."),
            CultureInfo.InvariantCulture);
        var receiver = new Receiver(name, listens, started, clock);
        await receiver.UntilItAnswersAsync(ct);
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await ProcessSignal.EndAsync(process, StopTimeout, clock, CancellationToken.None);
        process.Dispose();
    }

    private async Task UntilItAnswersAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await using var delivery = await MailDepot.Host.Smtp.SmtpClient.ConnectAsync("127.0.0.1", Port, ct);
                await delivery.QuitAsync(ct);
                return;
            }
            catch (System.Net.Sockets.SocketException) when (!process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock, ct);
            }
        }
    }
}
