using System.Collections.Concurrent;
using System.Collections.Immutable;
using MailDepot.Testing.Functions.Rpc;
using Microsoft.Extensions.Logging;

namespace MailDepot.Testing.Functions;

/// <summary>A line of the host's log.</summary>
/// <param name="Category">Who wrote it.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Text">With the exception, if there is one.</param>
public sealed record HostLogLine(string Category, LogLevel Level, string Text);

/// <summary>What the host logs by the levels in <c>host.json</c>, and what the worker sends it to log.</summary>
internal sealed class HostLog : ILoggerProvider
{
    private readonly ConcurrentQueue<HostLogLine> lines = [];

    public ImmutableArray<HostLogLine> Lines => [.. lines];

    /// <summary>A line of the worker's; its levels are numbered as those of .NET.</summary>
    public void Add(RpcLog line) =>
        lines.Enqueue(new(line.Category, (LogLevel)line.Level, $"{line.Message} {line.Exception?.Message}".TrimEnd()));

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
        // the lines stay readable
    }

    private sealed class Writer(HostLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.lines.Enqueue(new(category, logLevel, $"{formatter(state, exception)} {exception}".TrimEnd()));
    }
}
