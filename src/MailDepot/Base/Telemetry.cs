using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MailDepot.Base;

/// <summary>The one source of traces and the meter, both named <c>MailDepot</c>; the SMTP endpoint has instruments of its own under that name. Exporters are the host's choice.</summary>
public static class Telemetry
{
    /// <summary>The name that an exporter subscribes to.</summary>
    public const string Name = "MailDepot";

    /// <summary>One trace a mail: begun by the connector, carried in the ticket, ended by the archiver.</summary>
    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>Begins a mail's trace: one of its own, with a link to the session or collection that brought it along with others.</summary>
    /// <remarks>To be called in an async method: what is current for its caller stays.</remarks>
    public static Activity? StartMail()
    {
        var connector = Activity.Current;
        Activity.Current = null;
        return Source.StartActivity("spool", ActivityKind.Producer, parentContext: default, links: connector is null ? null : [new ActivityLink(connector.Context)]);
    }

    /// <summary>Mails accepted: their tickets are on the queue.</summary>
    public static readonly Counter<long> Received = Meter.CreateCounter<long>("maildepot.received", "{mail}", "Mails accepted, by connector");

    /// <summary>Conversations that a health probe had with the SMTP port of its own process.</summary>
    public static readonly Counter<long> SmtpProbes = Meter.CreateCounter<long>("maildepot.smtp.probes", "{probe}", "Probes of the SMTP port, by result: ok or failed");

    /// <summary>Octets of accepted mails as received.</summary>
    public static readonly Counter<long> ReceivedBytes = Meter.CreateCounter<long>("maildepot.received.bytes", "By", "Octets accepted, by connector");

    /// <summary>Receipts written.</summary>
    public static readonly Counter<long> Archived = Meter.CreateCounter<long>("maildepot.archived", "{receipt}", "Receipts written");

    /// <summary>Deliveries that were in the archive already.</summary>
    public static readonly Counter<long> Duplicates = Meter.CreateCounter<long>("maildepot.duplicates", "{mail}", "Deliveries folded");

    /// <summary>Tickets that need a person.</summary>
    public static readonly Counter<long> Quarantined = Meter.CreateCounter<long>("maildepot.quarantined", "{ticket}", "Tickets quarantined, by reason");

    /// <summary>Messages on a queue; approximate, never less than the truth. Measured by housekeeping.</summary>
    public static readonly Gauge<long> QueueDepth = Meter.CreateGauge<long>("maildepot.queue.depth", "{message}", "Messages on a queue, by queue");

    /// <summary>How long the oldest known message of a queue has waited since its mail was accepted; 0 for an empty queue. Measured by housekeeping.</summary>
    public static readonly Gauge<double> QueueOldestAge = Meter.CreateGauge<double>("maildepot.queue.oldest.age", "s", "Age of a queue's oldest message, by queue");

    /// <summary>Tickets in quarantine. Measured by housekeeping.</summary>
    public static readonly Gauge<long> QuarantineSize = Meter.CreateGauge<long>("maildepot.quarantine.size", "{ticket}", "Tickets in quarantine");

    /// <summary>Visits to mailboxes.</summary>
    public static readonly Counter<long> Polls = Meter.CreateCounter<long>("maildepot.pop3.polls", "{poll}", "Visits to mailboxes, by mailbox and result: ok or failed");

    /// <summary>Mails that the last visit left to be collected.</summary>
    public static readonly Gauge<long> Pop3Waiting = Meter.CreateGauge<long>("maildepot.pop3.waiting", "{mail}", "Mails waiting in a mailbox, by mailbox");

    /// <summary>How a mailbox is, also while nobody visits it: 1 if its last visit did not go well, 0 if it did or is disabled. Measured by the schedule.</summary>
    public static readonly Gauge<long> MailboxFailing = Meter.CreateGauge<long>("maildepot.mailbox.failing", "{mailbox}", "1 for a mailbox that fails, else 0, by mailbox");

    /// <summary>Runs of the jobs that a clock starts.</summary>
    public static readonly Counter<long> JobRuns = Meter.CreateCounter<long>("maildepot.job.runs", "{run}", "Runs of timed jobs, by job and result: ok or failed");

    /// <summary>From the ticket's reading to its end.</summary>
    public static readonly Histogram<double> ArchiveDuration = Meter.CreateHistogram<double>("maildepot.archive.duration", "s", "Time to archive a ticket");

    /// <summary>Requests to storage as they go over the wire, retries too.</summary>
    public static readonly Counter<long> StorageRequests = Meter.CreateCounter<long>("maildepot.storage.requests", "{request}", "Storage requests, by operation");

    /// <summary>Octets of request bodies to storage.</summary>
    public static readonly Counter<long> StorageBytesSent = Meter.CreateCounter<long>("maildepot.storage.bytes.sent", "By", "Octets sent to storage, by operation");

    /// <summary>Octets of response bodies from storage.</summary>
    public static readonly Counter<long> StorageBytesReceived = Meter.CreateCounter<long>("maildepot.storage.bytes.received", "By", "Octets received from storage, by operation");

    /// <summary>Items that shared one write.</summary>
    public static readonly Histogram<int> GroupSize = Meter.CreateHistogram<int>("maildepot.group.size", "{item}", "Items of a group commit, by group");
}
