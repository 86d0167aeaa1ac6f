using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Index;

/// <summary>Marks hours whose rollup may lack a row: it was written when its minute may have been summed already.</summary>
/// <remarks>
/// Housekeeping sums a minute no earlier than <see cref="ClosedAfter"/> its end, and a writer marks from
/// <see cref="LateAfter"/> on: their clocks may differ by as much as lies between. A mark too many only costs a sum.
/// </remarks>
public sealed class DirtyHours
{
    /// <summary>From the end of a minute until it may be summed.</summary>
    public static readonly TimeSpan ClosedAfter = TimeSpan.FromMinutes(10);

    /// <summary>From the end of a minute until a row written into it is late.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(5);

    private readonly DepotStorage storage;
    private readonly TimeProvider clock;
    private readonly GroupCommit<(string Container, DateTimeOffset Hour), DateTimeOffset, Put> marks;

    /// <summary>One for a process: tickets that are late together share a mark.</summary>
    public DirtyHours(DepotStorage storage, TimeProvider clock)
    {
        (this.storage, this.clock) = (storage, clock);
        marks = new("late", int.MaxValue, long.MaxValue, _ => 0, WriteAsync);
    }

    /// <summary>The last minute that may be summed now.</summary>
    public DateTimeOffset LastClosed => ReceiptSums.Minute(clock.GetUtcNow() - ClosedAfter).AddMinutes(-1);

    /// <summary>To be called after the receipt's row is written or found there, before its message is completed.</summary>
    public async Task MarkIfLateAsync(string container, DateTimeOffset received, CancellationToken ct)
    {
        if (ReceiptSums.Minute(received).AddMinutes(1) + LateAfter <= clock.GetUtcNow())
        {
            var hour = ReceiptSums.Hour(received);
            await marks.CommitAsync((container, hour), hour, ct);
        }
    }

    /// <summary>Marks hours, whatever the time.</summary>
    public async Task MarkAsync(string container, IEnumerable<DateTimeOffset> hours, CancellationToken ct)
    {
        foreach (var some in hours.Chunk(StorageLimits.TransactionRows))
        {
            await storage.Containers.SubmitTransactionAsync(
                some.Select(hour => new TableTransactionAction(TableTransactionActionType.UpsertReplace, RollupRows.Mark(container, hour))), ct);
        }
    }

    private async Task<IReadOnlyList<Put>> WriteAsync((string Container, DateTimeOffset Hour) of, IReadOnlyList<DateTimeOffset> waiting, CancellationToken ct)
    {
        await storage.Containers.UpsertEntityAsync(RollupRows.Mark(of.Container, of.Hour), TableUpdateMode.Replace, ct);
        return [.. waiting.Select(_ => Put.Created)];
    }
}
