using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MailDepot.Host.Local;

/// <summary>Starts one Azurite and waits until it answers.</summary>
internal sealed class AzuriteLaunch(AzuriteProgram program, AzuriteSetup setup, TimeProvider clock)
{
    private const string LoopbackAddress = "127.0.0.1";

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    /// <summary>Ends Azurite when its standard input closes, that is, when the process that started it is gone for any reason.</summary>
    private const string EndWithStarter = """
        // Without unref the open input would keep Azurite alive after it was asked to end.
        process.stdin.on('end', () => process.exit()).resume().unref();
        """;

    /// <summary>Makes Azurite end only when MailDepot asks, with its data saved.</summary>
    private const string OutliveStarter = """
        // Once the process that started it is gone, nobody reads its output, and Node.js would exit at the next line it writes.
        process.stdout.on('error', () => {});
        process.stderr.on('error', () => {});
        // Ctrl-C and a closed terminal signal every program in the terminal; MailDepot drains into Azurite before it stops it.
        process.on('SIGINT', () => {}).on('SIGHUP', () => {});
        // SIGTERM may arrive twice, because a service manager signals every process. With no handler left, Node.js would exit
        // at the second.
        const { once } = process;
        process.once = function (name, ...then) {
          if (name === 'SIGTERM') this.on(name, () => {});
          return name === 'SIGINT' ? this : once.call(this, name, ...then);
        };
        """;

    // Requests to this machine must not go through a proxy named in the environment.
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    /// <summary>Returns the process and the ports it listens on. On failure nothing is left running.</summary>
    /// <exception cref="StartException">It ended or was not ready in time, or its data is damaged; says what to do.</exception>
    public async Task<(Process Process, AzuritePorts Ports)> RunAsync(TimeSpan within, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        var wanted = setup.Ports.Without(IsTaken);
        var databases = setup.Folder is { } folder ? new AzuriteDatabases(folder) : null;
        databases?.Prepare();
        while (true)
        {
            var output = new AzuriteOutput();
            var process = Spawn(wanted, output);
            try
            {
                if (await ListeningAsync(process, output, either.Token) is { } ports)
                {
                    return (process, ports);
                }
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !token.IsCancellationRequested)
            {
                await DiscardAsync(process);
                throw new StartException(
                    "The local storage, Azurite, was not ready within "
                        + $"{within.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s ({output.LastWords}): try "
                        + "again, or name another Azurite in the configuration key MailDepot:Azurite.");
            }
            catch
            {
                await DiscardAsync(process);
                throw;
            }

            await DiscardAsync(process);
            if (output.TakenPort is not { } taken || !wanted.All.Contains(taken))
            {
                throw databases?.FindDamage() ?? new StartException(
                    $"The local storage, Azurite, ended before it was ready ({output.LastWords}): fix that, or name another "
                        + "Azurite in the configuration key MailDepot:Azurite.");
            }

            // Someone took the port between our check and Azurite's bind. Each round drops one wanted port, so this loop ends.
            wanted = wanted.Without(port => port == taken);
        }
    }

    /// <summary>Whether all three services answer over HTTP, whatever the status, as Azurite.</summary>
    public static async Task<bool> AnswersAsync(AzuritePorts ports, TimeSpan within, TimeProvider clock, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            foreach (var port in ports.All)
            {
                // Every Azurite names itself, even where it refuses: "Server: Azurite-Queue/3.35.0".
                using var answer = await Client.GetAsync(
                    new Uri($"http://{LoopbackAddress}:{port}/"),
                    HttpCompletionOption.ResponseHeadersRead, either.Token);
                if (!answer.Headers.TryGetValues("Server", out var names)
                    || !names.Any(name => name.StartsWith("Azurite", StringComparison.Ordinal)))
                {
                    return false;
                }
            }

            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Null if it ended by itself.</summary>
    private async Task<AzuritePorts?> ListeningAsync(Process process, AzuriteOutput output, CancellationToken token)
    {
        // Written before Azurite opens its data: if we die now, the next run knows which process to end.
        Record(process, ports: null);
        var ended = process.WaitForExitAsync(token);
        if (await Task.WhenAny(output.Listening, ended) == ended)
        {
            await ended;
            return null;
        }

        var ports = await output.Listening;
        Record(process, ports);
        while (!process.HasExited)
        {
            if (await AnswersAsync(ports, Timeout.InfiniteTimeSpan, clock, token))
            {
                return ports;
            }

            await Task.Delay(BetweenLooks, clock, token);
        }

        return null;
    }

    private Process Spawn(AzuritePorts ports, AzuriteOutput output)
    {
        var process = new Process { StartInfo = StartOf(ports) };
        process.OutputDataReceived += (_, line) => output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => output.Add(line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception failure)
        {
            process.Dispose();
            throw new StartException(
                $"{program.File} can't be run as Azurite ({failure.Message}): name another one in the configuration key "
                + "MailDepot:Azurite.", failure);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private ProcessStartInfo StartOf(AzuritePorts ports)
    {
        var start = new ProcessStartInfo(
            program.File,
            [
                .. program.Arguments, "--skipApiVersionCheck", "--disableTelemetry", "--silent",
                "--blobHost", LoopbackAddress, "--blobPort", Text(ports.Blob),
                "--queueHost", LoopbackAddress, "--queuePort", Text(ports.Queue),
                "--tableHost", LoopbackAddress, "--tablePort", Text(ports.Table),
            ])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["AZURITE_ACCOUNTS"] = AzuriteAccount.Variable(setup.Accounts);
        if (setup.Folder is { } folder)
        {
            start.ArgumentList.Add("--location");
            start.ArgumentList.Add(folder.AzuriteContent);
        }
        else
        {
            start.ArgumentList.Add("--inMemoryPersistence");
        }

        // Node.js runs it before Azurite; escaped, because a space would end the option.
        var script = Uri.EscapeDataString(setup.Folder is null ? EndWithStarter : OutliveStarter);
        var options = Environment.GetEnvironmentVariable("NODE_OPTIONS");
        start.Environment["NODE_OPTIONS"] = $"{options} --import=data:text/javascript,{script}".TrimStart();
        return start;
    }

    private void Record(Process process, AzuritePorts? ports)
    {
        if (setup.Folder is { } folder)
        {
            Directory.CreateDirectory(folder.Path);
            try
            {
                AzuriteRecord.Of(process, ports).Write(folder);
            }
            catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
            {
                // It exited at once and no longer has a start time: there is nothing to adopt.
            }
        }
    }

    private async Task DiscardAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
        if (setup.Folder is { } folder)
        {
            AzuriteRecord.Remove(folder);
        }
    }

    private static bool IsTaken(int port)
    {
        using var probe = new TcpListener(IPAddress.Parse(LoopbackAddress), port);
        try
        {
            probe.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
