using System.Collections.Immutable;
using System.Globalization;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Archive;

/// <summary>Periodic maintenance: one run at a time in the whole depot, with one event if it did anything.</summary>
/// <remarks>Every part may run twice at the same time: the lease only saves work.</remarks>
public sealed class Housekeeping(
    DepotStorage storage, SpoolSweep sweep, Counts counts, OldEvents oldEvents, QueueMetrics metrics, DepotEvents events,
    EventOptions options, TimeProvider clock)
{
    /// <summary>Interval between runs.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    private const string LeaseName = "housekeeping";

    /// <summary>Each returns what it did, as part of a sentence; null for nothing.</summary>
    private ImmutableArray<Func<CancellationToken, Task<string?>>> Parts =>
    [
        RequeueAsync,
        RollUpAsync,
        RemoveOldEventsAsync,
        PublishMetricsAsync,
    ];

    /// <summary>Runs every part, unless another process is doing so.</summary>
    /// <exception cref="AggregateException">Some parts failed; the others ran.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        await using var lease = await Lease.TryTakeAsync(storage.Leases, LeaseName, clock, ct);
        if (lease is null)
        {
            return;
        }

        var done = new List<string>();
        var failures = new List<Exception>();
        foreach (var part in Parts)
        {
            try
            {
                done.AddRange(await part(lease.Token) is { } words ? [words] : []);
            }
            catch (Exception failure) when (!lease.Token.IsCancellationRequested)
            {
                failures.Add(failure);
            }
        }

        if (done.Count > 0)
        {
            events.Write(EventKind.Tidied, Guid.Empty, $"Housekeeping: {string.Join("; ", done)}.");
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private async Task<string?> RequeueAsync(CancellationToken ct) => await sweep.RunAsync(ct) switch
    {
        0 => null,
        1 => "one mail in the spool was put back on the queue",
        var count => Count(count, "mails in the spool were put back on the queue"),
    };

    private async Task<string?> RollUpAsync(CancellationToken ct)
    {
        var summed = new List<string>();
        await foreach (var container in storage.ArchivesAsync(ct))
        {
            if (await counts.RollUpAsync(container, ct))
            {
                summed.Add(container);
            }
        }

        return summed.Count == 0 ? null : $"the counts of {string.Join(", ", summed)} were updated";
    }

    private async Task<string?> RemoveOldEventsAsync(CancellationToken ct)
    {
        var days = options.Days;
        return await oldEvents.RemoveAsync(clock.GetUtcNow().AddDays(-days), ct) switch
        {
            0 => null,
            1 => $"one event older than {days} days was removed",
            var count => Count(count, $"events older than {days} days were removed"),
        };
    }

    /// <summary>Always null: nothing worth an event.</summary>
    private async Task<string?> PublishMetricsAsync(CancellationToken ct)
    {
        await metrics.RunAsync(ct);
        return null;
    }

    private static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}");
}
