using System.Collections.Immutable;
using System.Globalization;
using MailDepot.Events;
using MailDepot.Index;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Options;

namespace MailDepot.Archive;

/// <summary>What has to be done now and then: one run at a time in the whole depot, and one event if it did anything.</summary>
/// <remarks>Every part may run twice at once: the lease only spares the work.</remarks>
public sealed class Housekeeping(
    DepotStorage storage, SpoolSweep sweep, Counts counts, OldEvents oldEvents, QueueMetrics metrics, DepotEvents events, IOptions<DepotOptions> options, TimeProvider clock)
{
    /// <summary>From one run to the next.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    private const string LeaseName = "housekeeping";

    /// <summary>Each answers with what it did, as a part of a sentence; null for nothing.</summary>
    private ImmutableArray<Func<CancellationToken, Task<string?>>> Parts =>
    [
        GiveTicketsAsync,
        RollUpAsync,
        RemoveOldEventsAsync,
        MeasureAsync,
    ];

    /// <summary>Runs every part, unless another process is at it.</summary>
    /// <exception cref="AggregateException">Parts failed; the others were done all the same.</exception>
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

    private async Task<string?> GiveTicketsAsync(CancellationToken ct) => await sweep.RunAsync(ct) switch
    {
        0 => null,
        1 => "one mail in the spool got its ticket again",
        var count => Count(count, "mails in the spool got their tickets again"),
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

        return summed.Count == 0 ? null : $"the counts of {string.Join(", ", summed)} were summed up";
    }

    private async Task<string?> RemoveOldEventsAsync(CancellationToken ct)
    {
        var days = options.Value.EventDays;
        return await oldEvents.RemoveAsync(clock.GetUtcNow().AddDays(-days), ct) switch
        {
            0 => null,
            1 => $"one event older than {days} days was removed",
            var count => Count(count, $"events older than {days} days were removed"),
        };
    }

    /// <summary>Nothing that anyone would want to read in the log.</summary>
    private async Task<string?> MeasureAsync(CancellationToken ct)
    {
        await metrics.RunAsync(ct);
        return null;
    }

    private static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}");
}
