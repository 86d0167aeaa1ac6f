using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace MailDepot.Host.Local;

/// <summary>Reads Azurite's output: the ports it listens on, the port it could not bind, its last lines.</summary>
/// <remarks>
/// Azurite prints "successfully listening at http://127.0.0.1:43785" once per service, after binding the port. With
/// port 0 the operating system chooses the port while binding, so no other program can take it in between.
/// </remarks>
internal sealed partial class AzuriteOutput
{
    private const int KeptLines = 5;

    private readonly ConcurrentDictionary<string, int> ports = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> lines = new();
    private readonly TaskCompletionSource<AzuritePorts> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when all three services are bound; never if Azurite exits before.</summary>
    public Task<AzuritePorts> Listening => listening.Task;

    /// <summary>The port that another program holds (Node's EADDRINUSE), which made Azurite exit.</summary>
    public int? TakenPort { get; private set; }

    /// <summary>The last few lines, for the message that explains why Azurite exited.</summary>
    public string LastWords => lines.IsEmpty ? "it said nothing" : string.Join(" / ", lines);

    /// <summary>Takes one line of either stream; ignores null, which marks the end of a stream.</summary>
    public void Add(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lines.Enqueue(line.Trim());
        if (lines.Count > KeptLines)
        {
            lines.TryDequeue(out _);
        }

        if (Taken().Match(line) is { Success: true } taken)
        {
            TakenPort = Port(taken);
        }

        if (Bound().Match(line) is { Success: true } bound)
        {
            ports[bound.Groups["service"].Value] = Port(bound);
            if (ports.Count == 3)
            {
                listening.TrySetResult(new AzuritePorts(ports["Blob"], ports["Queue"], ports["Table"]));
            }
        }
    }

    private static int Port(Match match) => int.Parse(match.Groups["port"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<service>Blob|Queue|Table) service is successfully listening at http://[^/]*:(?<port>\d+)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Bound();

    [GeneratedRegex(
        @"EADDRINUSE.*:(?<port>\d+)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Taken();
}
