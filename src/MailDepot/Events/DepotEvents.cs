using System.Text.RegularExpressions;
using MailDepot.Base;
using Microsoft.Extensions.Logging;

namespace MailDepot.Events;

/// <summary>What happened to a mail, in one plain sentence.</summary>
/// <param name="Time">When it happened, UTC.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Id">The ticket's id, which is also the receipt's; empty if a message had none.</param>
/// <param name="Text">One sentence for people.</param>
public sealed record DepotEvent(DateTimeOffset Time, EventKind Kind, Guid Id, string Text);

/// <summary>The steps of a mail and its possible outcomes, and other events.</summary>
public enum EventKind
{
    /// <summary>The mail was accepted; its ticket is on the queue.</summary>
    Received,

    /// <summary>What an SMTP client did, with or without a mail.</summary>
    Session,

    /// <summary>An intermediate step: document, ledger line, rows.</summary>
    Step,

    /// <summary>Done: receipt and rows are written.</summary>
    Archived,

    /// <summary>Done: the same delivery was already in the archive.</summary>
    Duplicate,

    /// <summary>Stopped until a person decides.</summary>
    Quarantined,

    /// <summary>It needs something that is not there yet, and will be retried.</summary>
    Waiting,

    /// <summary>It failed and will be retried.</summary>
    Failed,

    /// <summary>It works for now, but will fail unless a person changes something.</summary>
    Warned,

    /// <summary>Something that failed for a while works again.</summary>
    Recovered,

    /// <summary>A person released it from quarantine to the queue.</summary>
    Released,

    /// <summary>A person deleted it from quarantine.</summary>
    Deleted,

    /// <summary>Housekeeping did something.</summary>
    Tidied,

    /// <summary>A person changed how mail is received.</summary>
    Changed,

    /// <summary>The administrator was sent a mail.</summary>
    Notified,
}

/// <summary>The live log of this process; listeners subscribe to <see cref="Written"/>.</summary>
/// <remarks>
/// The logger gets kind and id, and the sentence only of problems, with addresses removed unless
/// <see cref="TelemetryOptions.Addresses"/> allows them: more people can read logs than the archive.
/// </remarks>
public sealed partial class DepotEvents(TimeProvider clock, TelemetryOptions telemetry, ILogger<DepotEvents> logger)
{
    /// <summary>Raised on the thread that writes the event; must return quickly. A listener that throws is skipped.</summary>
    public event EventHandler<DepotEvent>? Written;

    /// <summary>Logs an event and passes it to the listeners.</summary>
    public void Write(EventKind kind, Guid id, string text)
    {
        var level = Level(kind);
        var shown = level >= LogLevel.Warning ? Loggable(text) : "";
        if (id == Guid.Empty)
        {
            Log(level, kind, shown);
        }
        else
        {
            Log(level, kind, id, shown);
        }

        var entry = new DepotEvent(clock.GetUtcNow(), kind, id, text);
        foreach (var listener in Delegate.EnumerateInvocationList(Written))
        {
            try
            {
                listener(this, entry);
            }
            catch (Exception failure)
            {
                LogListenerFailed(failure); // a listener must never stop the mail that the event is about
            }
        }
    }

    private string Loggable(string text) => telemetry.Addresses ? text : Address().Replace(text, "(address)");

    private static LogLevel Level(EventKind kind) => kind switch
    {
        EventKind.Step => LogLevel.Debug,
        EventKind.Failed or EventKind.Warned => LogLevel.Warning,
        EventKind.Quarantined => LogLevel.Error,
        _ => LogLevel.Information,
    };

    [LoggerMessage(LogLevel.Warning, "An event could not be shown.")]
    private partial void LogListenerFailed(Exception failure);

    [GeneratedRegex(@"[^\s<>()"",;:]+@[^\s<>()"",;:]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Address();

    [LoggerMessage("{Kind} {Id} {Text}")]
    private partial void Log(LogLevel level, EventKind kind, Guid id, string text);

    [LoggerMessage("{Kind} {Text}")]
    private partial void Log(LogLevel level, EventKind kind, string text);
}
