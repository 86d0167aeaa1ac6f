using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MailDepot;

/// <summary>The one source of traces and the one meter, both named <c>MailDepot</c>. Exporters are the host's choice.</summary>
public static class Telemetry
{
    /// <summary>The name that an exporter subscribes to.</summary>
    public const string Name = "MailDepot";

    /// <summary>One trace a mail: begun by the connector, carried in the ticket, ended by the archiver.</summary>
    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>Mails accepted: their tickets are on the queue.</summary>
    public static readonly Counter<long> Received = Meter.CreateCounter<long>("maildepot.received", "{mail}", "Mails accepted, by connector");

    /// <summary>Octets of accepted mails as received.</summary>
    public static readonly Counter<long> ReceivedBytes = Meter.CreateCounter<long>("maildepot.received.bytes", "By", "Octets accepted, by connector");

    /// <summary>Receipts written.</summary>
    public static readonly Counter<long> Archived = Meter.CreateCounter<long>("maildepot.archived", "{receipt}", "Receipts written");

    /// <summary>Deliveries that were in the archive already.</summary>
    public static readonly Counter<long> Duplicates = Meter.CreateCounter<long>("maildepot.duplicates", "{mail}", "Deliveries folded");

    /// <summary>Tickets that need a person.</summary>
    public static readonly Counter<long> Quarantined = Meter.CreateCounter<long>("maildepot.quarantined", "{ticket}", "Tickets quarantined, by reason");

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
