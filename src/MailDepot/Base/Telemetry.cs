using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MailDepot.Base;

/// <summary>The source of traces and the meter, both named <c>MailDepot</c>. Exporters are the host's choice.</summary>
/// <remarks>The SMTP endpoint has its own instruments under the same name.</remarks>
public static class Telemetry
{
    /// <summary>The name that exporters subscribe to.</summary>
    public const string Name = "MailDepot";

    /// <summary>One trace per mail: started by the connector, carried in the ticket, ended by the archiver.</summary>
    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>Starts a separate trace for a mail, linked to the session or visit that brought it.</summary>
    /// <remarks>Call it in an async method, so that the caller's current activity is not affected.</remarks>
    public static Activity? StartMail()
    {
        var connector = Activity.Current;
        Activity.Current = null;
        ActivityLink[]? links = connector is null ? null : [new ActivityLink(connector.Context)];
        return Source.StartActivity("spool", ActivityKind.Producer, parentContext: default, links: links);
    }

    /// <summary>Mails accepted, with their tickets on the queue.</summary>
    public static readonly Counter<long> Received = Meter.CreateCounter<long>(
        "maildepot.received", "{mail}", "Mails accepted, by connector");

    /// <summary>Sessions of a health probe with the SMTP port of its own process.</summary>
    public static readonly Counter<long> SmtpProbes = Meter.CreateCounter<long>(
        "maildepot.smtp.probes", "{probe}", "Probes of the SMTP port, by result: ok or failed");

    /// <summary>Size of accepted mails as received.</summary>
    public static readonly Counter<long> ReceivedBytes = Meter.CreateCounter<long>(
        "maildepot.received.bytes", "By", "Bytes accepted, by connector");

    /// <summary>Receipts written.</summary>
    public static readonly Counter<long> Archived = Meter.CreateCounter<long>("maildepot.archived", "{receipt}", "Receipts written");

    /// <summary>Deliveries that were already in the archive.</summary>
    public static readonly Counter<long> Duplicates = Meter.CreateCounter<long>("maildepot.duplicates", "{mail}", "Deliveries folded");

    /// <summary>Tickets that need a person.</summary>
    public static readonly Counter<long> Quarantined = Meter.CreateCounter<long>(
        "maildepot.quarantined", "{ticket}", "Tickets quarantined, by reason");

    /// <summary>Messages on a queue; approximate, but never too low. Recorded by housekeeping.</summary>
    public static readonly Gauge<long> QueueDepth = Meter.CreateGauge<long>(
        "maildepot.queue.depth", "{message}", "Messages on a queue, by queue");

    /// <summary>Age of a queue's oldest known message, counted from its mail's arrival; 0 if empty. Recorded by housekeeping.</summary>
    public static readonly Gauge<double> QueueOldestAge = Meter.CreateGauge<double>(
        "maildepot.queue.oldest.age", "s", "Age of a queue's oldest message, by queue");

    /// <summary>Tickets in quarantine. Recorded by housekeeping.</summary>
    public static readonly Gauge<long> QuarantineSize = Meter.CreateGauge<long>(
        "maildepot.quarantine.size", "{ticket}", "Tickets in quarantine");

    /// <summary>Visits to mailboxes.</summary>
    public static readonly Counter<long> Polls = Meter.CreateCounter<long>(
        "maildepot.pop3.polls", "{poll}", "Visits to mailboxes, by mailbox and result: ok or failed");

    /// <summary>Mails that the last visit left uncollected.</summary>
    public static readonly Gauge<long> Pop3Waiting = Meter.CreateGauge<long>(
        "maildepot.pop3.waiting", "{mail}", "Mails waiting in a mailbox, by mailbox");

    /// <summary>1 if a mailbox's last visit failed, 0 if not or if it is disabled. Recorded by the schedule, between visits too.</summary>
    public static readonly Gauge<long> MailboxFailing = Meter.CreateGauge<long>(
        "maildepot.mailbox.failing", "{mailbox}", "1 for a mailbox that fails, else 0, by mailbox");

    /// <summary>Runs of timed jobs.</summary>
    public static readonly Counter<long> JobRuns = Meter.CreateCounter<long>(
        "maildepot.job.runs", "{run}", "Runs of timed jobs, by job and result: ok or failed");

    /// <summary>Time from reading a ticket to its completion.</summary>
    public static readonly Histogram<double> ArchiveDuration = Meter.CreateHistogram<double>(
        "maildepot.archive.duration", "s", "Time to archive a ticket");

    /// <summary>Requests to storage on the wire, including retries.</summary>
    public static readonly Counter<long> StorageRequests = Meter.CreateCounter<long>(
        "maildepot.storage.requests", "{request}", "Storage requests, by operation");

    /// <summary>Size of request bodies sent to storage.</summary>
    public static readonly Counter<long> StorageBytesSent = Meter.CreateCounter<long>(
        "maildepot.storage.bytes.sent", "By", "Bytes sent to storage, by operation");

    /// <summary>Size of response bodies from storage.</summary>
    public static readonly Counter<long> StorageBytesReceived = Meter.CreateCounter<long>(
        "maildepot.storage.bytes.received", "By", "Bytes received from storage, by operation");

    /// <summary>Items written together.</summary>
    public static readonly Histogram<int> GroupSize = Meter.CreateHistogram<int>(
        "maildepot.group.size", "{item}", "Items of a group commit, by group");
}
