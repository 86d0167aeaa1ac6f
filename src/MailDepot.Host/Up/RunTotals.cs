using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Host.Up;

/// <summary>What happened while the depot ran: the last line of <c>up --json</c>.</summary>
internal sealed class RunTotals
{
    private long received;
    private long archived;
    private long duplicates;
    private long quarantined;
    private long failures;

    public RunTotals(DepotEvents events) => events.Written += (_, e) => Count(e.Kind);

    public EndLine Read(RequestCounter requests) => new(
        Interlocked.Read(ref received), Interlocked.Read(ref archived), Interlocked.Read(ref duplicates), Interlocked.Read(ref quarantined),
        Interlocked.Read(ref failures), requests.Requests, requests.BytesSent);

    private void Count(EventKind kind)
    {
        switch (kind)
        {
            case EventKind.Received: Interlocked.Increment(ref received); break;
            case EventKind.Archived: Interlocked.Increment(ref archived); break;
            case EventKind.Duplicate: Interlocked.Increment(ref duplicates); break;
            case EventKind.Quarantined: Interlocked.Increment(ref quarantined); break;
            case EventKind.Failed: Interlocked.Increment(ref failures); break;
            default: break;
        }
    }
}

/// <summary>What <c>up --json</c> prints at the end.</summary>
internal sealed record EndLine(
    long Received, long Archived, long Duplicates, long Quarantined, long Failures,
    IReadOnlyDictionary<string, long> StorageRequests, long StorageBytesSent);
