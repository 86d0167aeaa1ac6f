using System.Globalization;
using MailDepot.Events;

namespace MailDepot.Host.Terminal;

/// <summary>Events as lines, the same in <c>up</c> and <c>log</c>.</summary>
internal static class EventText
{
    /// <summary>Local time of day, the kind, the id, and the sentence.</summary>
    public static string Line(DepotEvent e) =>
        string.Create(
            CultureInfo.InvariantCulture, $"{e.Time.ToLocalTime():HH:mm:ss}  {Word(e.Kind),-11} {Id(e.Id)}  {Output.Plain(e.Text)}");

    private static string Word(EventKind kind) => kind switch
    {
        EventKind.Received => "received",
        EventKind.Session => "session",
        EventKind.Step => "·",
        EventKind.Archived => "archived",
        EventKind.Duplicate => "duplicate",
        EventKind.Quarantined => "quarantined",
        EventKind.Waiting => "waiting",
        EventKind.Failed => "failed",
        EventKind.Warned => "warning",
        EventKind.Recovered => "recovered",
        EventKind.Released => "released",
        EventKind.Deleted => "deleted",
        EventKind.Tidied => "tidied",
        EventKind.Changed => "changed",
        EventKind.Notified => "notified",
        _ => kind.ToString(),
    };

    /// <summary>Whole, so that it can be pasted into `show`; blanks where an event concerns no mail.</summary>
    private static string Id(Guid id) => id == Guid.Empty ? new string(' ', 36) : id.ToString("D");
}
