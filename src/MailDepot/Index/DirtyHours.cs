using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Marks hours whose rollup may lack a row, because the row was written when its minute may already have been summed.</summary>
/// <remarks>
/// Housekeeping sums a minute no earlier than <see cref="ClosedAfter"/> its end; a writer marks the hour from
/// <see cref="LateAfter"/> on. Their clocks may differ by the time in between. An unnecessary mark only costs a sum.
/// </remarks>
public sealed class DirtyHours
{
    /// <summary>From the end of a minute until it may be summed.</summary>
    public static readonly TimeSpan ClosedAfter = TimeSpan.FromMinutes(10);

    /// <summary>From the end of a minute until a row written into it counts as late.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(5);

    private readonly DepotStorage storage;
    private readonly TimeProvider clock;
    private readonly GroupCommit<(string Container, DateTimeOffset Hour), DateTimeOffset, Put> writes;

    /// <summary>One instance per process: late tickets of the same hour share a mark.</summary>
    public DirtyHours(DepotStorage storage, TimeProvider clock)
    {
        (this.storage, this.clock) = (storage, clock);
        writes = new("late", int.MaxValue, long.MaxValue, _ => 0, WriteAsync);
    }

    /// <summary>The last minute that may be summed now.</summary>
    public DateTimeOffset LastClosed => ReceiptSums.Minute(clock.GetUtcNow() - ClosedAfter).AddMinutes(-1);

    /// <summary>
    /// Marks the hour of a receipt that arrived too long ago. Call it after the receipt's row was written, or found to exist, and
    /// before its message is completed.
    /// </summary>
    public async Task MarkIfLateAsync(string container, DateTimeOffset received, CancellationToken ct)
    {
        if (ReceiptSums.Minute(received).AddMinutes(1) + LateAfter <= clock.GetUtcNow())
        {
            var hour = ReceiptSums.Hour(received);
            await writes.CommitAsync((container, hour), hour, ct);
        }
    }

    /// <summary>Marks these hours.</summary>
    public async Task MarkAsync(string container, IEnumerable<DateTimeOffset> hours, CancellationToken ct)
    {
        foreach (var chunk in hours.Chunk(StorageLimits.TransactionRows))
        {
            var marks = chunk.Select(hour => RollupRows.Mark(container, hour));
            await storage.Containers.SubmitTransactionAsync(
                marks.Select(mark => new TableTransactionAction(TableTransactionActionType.UpsertReplace, mark)), ct);
        }
    }

    private async Task<IReadOnlyList<Put>> WriteAsync(
        (string Container, DateTimeOffset Hour) of, IReadOnlyList<DateTimeOffset> waiting, CancellationToken ct)
    {
        await storage.Containers.UpsertEntityAsync(RollupRows.Mark(of.Container, of.Hour), TableUpdateMode.Replace, ct);
        return [.. waiting.Select(_ => Put.Created)];
    }
}
