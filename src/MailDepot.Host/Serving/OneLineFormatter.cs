using MailDepot.Events;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace MailDepot.Host.Serving;

/// <summary>A log entry as one line for a person: no category, no stack trace.</summary>
internal sealed class OneLineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "one-line";

    /// <inheritdoc />
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var cause = logEntry.Exception is { } exception ? $" ({Failure.Describe(exception)})" : "";
        textWriter.WriteLine($"{logEntry.LogLevel.ToString().ToLowerInvariant()}: {logEntry.Formatter(logEntry.State, null)}{cause}");
    }
}
