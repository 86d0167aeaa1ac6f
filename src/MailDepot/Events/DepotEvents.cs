using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MailDepot.Events;

/// <summary>What happened to a mail, in one plain sentence.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Kind">What.</param>
/// <param name="Id">The ticket's id, which is the receipt's; empty where a message had none.</param>
/// <param name="Text">One sentence for people.</param>
public sealed record DepotEvent(DateTimeOffset Time, EventKind Kind, Guid Id, string Text);

/// <summary>The steps that a mail takes, and the ends that it can come to.</summary>
public enum EventKind
{
    /// <summary>Accepted: its ticket is on the queue.</summary>
    Received,

    /// <summary>What an SMTP client did, with or without a mail.</summary>
    Session,

    /// <summary>A step on the way: document, ledger line, rows.</summary>
    Step,

    /// <summary>The end: receipt and rows are written.</summary>
    Archived,

    /// <summary>The end: the same delivery was in the archive already.</summary>
    Duplicate,

    /// <summary>The end, for now: a person must look.</summary>
    Quarantined,

    /// <summary>It waits for something that is not there yet, and will be tried again.</summary>
    Waiting,

    /// <summary>It did not work and will be tried again.</summary>
    Failed,

    /// <summary>It works, and will not for long unless a person changes something.</summary>
    Warned,

    /// <summary>What did not work for a while works again.</summary>
    Recovered,

    /// <summary>A person put it from quarantine back on the queue.</summary>
    Released,

    /// <summary>A person deleted it from quarantine.</summary>
    Deleted,

    /// <summary>Housekeeping did something.</summary>
    Tidied,

    /// <summary>A person changed how mail comes in.</summary>
    Changed,

    /// <summary>The administrator got a mail.</summary>
    Notified,
}

/// <summary>The live log of this process: whoever shows it follows <see cref="Written"/>.</summary>
/// <remarks>
/// The logger gets kind and id, and the sentence only of what went wrong, addresses taken out unless
/// <see cref="TelemetryOptions.Addresses"/> leaves them: logs go where more people look than into the archive.
/// </remarks>
public sealed partial class DepotEvents(TimeProvider clock, IOptions<DepotOptions> options, ILogger<DepotEvents> logger)
{
    /// <summary>Raised on the thread that wrote the event; must return quickly. One that throws is passed over.</summary>
    public event EventHandler<DepotEvent>? Written;

    /// <summary>Tells one event.</summary>
    public void Write(EventKind kind, Guid id, string text)
    {
        var level = Level(kind);
        Log(level, kind, id, level >= LogLevel.Warning ? Loggable(text) : "");
        var told = new DepotEvent(clock.GetUtcNow(), kind, id, text);
        foreach (var listener in Delegate.EnumerateInvocationList(Written))
        {
            try
            {
                listener(this, told);
            }
            catch (Exception failure)
            {
                LogDeaf(failure); // telling must never stop the mail that it tells of
            }
        }
    }

    private string Loggable(string text) => options.Value.Telemetry.Addresses ? text : Address().Replace(text, "(address)");

    private static LogLevel Level(EventKind kind) => kind switch
    {
        EventKind.Step => LogLevel.Debug,
        EventKind.Failed or EventKind.Warned => LogLevel.Warning,
        EventKind.Quarantined => LogLevel.Error,
        _ => LogLevel.Information,
    };

    [LoggerMessage(LogLevel.Warning, "An event could not be shown.")]
    private partial void LogDeaf(Exception failure);

    [GeneratedRegex(@"[^\s<>()"",;:]+@[^\s<>()"",;:]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Address();

    [LoggerMessage("{Kind} {Id} {Text}")]
    private partial void Log(LogLevel level, EventKind kind, Guid id, string text);
}
