using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;
using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>Keeps events in table <c>Events</c>; steps on the way are not kept.</summary>
/// <remarks>
/// Whoever tells an event never waits for this: it is noted in memory and written in the background, up to 100 rows of
/// a second in a transaction. What storage refuses for a while is written later; what does not fit into memory until
/// then is counted, and one line tells how many. Events are for people: archive and counts do not depend on them.
/// </remarks>
public sealed class EventLog : IAsyncDisposable
{
    /// <summary>Events held in memory: some 10 MB, and some minutes of a busy depot without its storage.</summary>
    private const int LongestLine = 20_000;

    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(0.5);

    /// <summary>What the last events get to be written at the end.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(1);

    private readonly Channel<TableEntity> line;
    private readonly List<TableEntity> taken = [];
    private readonly SemaphoreSlim turn = new(1);
    private readonly CancellationTokenSource ended = new();
    private readonly string writer = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    private readonly DepotStorage storage;
    private readonly DepotEvents events;
    private readonly TimeProvider clock;
    private readonly int longestLine;
    private Task running = Task.CompletedTask;
    private uint count;
    private long notKept;
    private bool failing;

    /// <summary>Notes events from now on.</summary>
    public EventLog(DepotStorage storage, DepotEvents events, TimeProvider clock)
        : this(storage, events, clock, LongestLine)
    {
    }

    /// <summary>The same with another memory, for tests.</summary>
    internal EventLog(DepotStorage storage, DepotEvents events, TimeProvider clock, int longestLine)
    {
        (this.storage, this.events, this.clock, this.longestLine) = (storage, events, clock, longestLine);
        line = Channel.CreateBounded<TableEntity>(longestLine);
        events.Written += Note;
    }

    /// <summary>Writes in the background until the log is disposed of, which comes after all who tell events have ended.</summary>
    public void Start() => running = RunAsync();

    /// <summary>Writes what was noted, now: for a process that ends soon, and for what must be in the log before it is done.</summary>
    /// <exception cref="RequestFailedException">Storage did not take it; it is kept for the next time.</exception>
    public async Task FlushAsync(CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            while (Take())
            {
                foreach (var rows in taken.GroupBy(row => row.PartitionKey, StringComparer.Ordinal).SelectMany(second => second.Chunk(StorageLimits.TransactionRows)))
                {
                    await WriteAsync(rows, ct);
                }

                taken.Clear(); // a round that breaks off is written again whole: it is the same rows
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Writes the last events, within a second, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (ended.IsCancellationRequested)
        {
            return;
        }

        events.Written -= Note;
        await ended.CancelAsync();
        await running;
        using var limit = new CancellationTokenSource(EndsWithin);
        try
        {
            await FlushAsync(limit.Token);
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException or OperationCanceledException)
        {
            // the mails are safe; only the last lines about them are missing
        }

        ended.Dispose();
        turn.Dispose();
    }

    private void Note(object? sender, DepotEvent e)
    {
        if (e.Kind is not EventKind.Step && !line.Writer.TryWrite(Row(e)))
        {
            Interlocked.Increment(ref notKept);
        }
    }

    private TableEntity Row(DepotEvent e) => EventRows.Row(e, Interlocked.Increment(ref count), writer);

    private async Task RunAsync()
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(WriteEvery, clock, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await FlushAsync(ended.Token);
                if (failing)
                {
                    failing = false;
                    events.Write(EventKind.Recovered, Guid.Empty, "Events can be written again.");
                }
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                // the last flush is the end's
            }
            catch (Exception failure)
            {
                if (!failing)
                {
                    failing = true;
                    events.Write(EventKind.Failed, Guid.Empty, $"Events can't be written: {Failure.Words(failure)}. They wait in memory; mail does not wait for them.");
                }
            }
        }
    }

    /// <summary>Takes as many rows as the memory of one round may hold, and first what the round before left.</summary>
    private bool Take()
    {
        while (taken.Count < longestLine && line.Reader.TryRead(out var row))
        {
            taken.Add(row);
        }

        // Told only when the line is free again: once for all that were lost.
        if (taken.Count == 0 && Interlocked.Exchange(ref notKept, 0) is > 0 and var lost)
        {
            taken.Add(Row(new DepotEvent(clock.GetUtcNow(), EventKind.Failed, Guid.Empty, string.Create(
                CultureInfo.InvariantCulture, $"{lost} {(lost == 1 ? "event was" : "events were")} not kept: they came faster than they could be written. No mail is missing for that."))));
        }

        return taken.Count > 0;
    }

    /// <summary>Replaces what an attempt before may have written. Rows that storage will never take are counted out.</summary>
    private async Task WriteAsync(TableEntity[] rows, CancellationToken ct)
    {
        try
        {
            await storage.Events.SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), ct);
        }
        catch (RequestFailedException refusal) when (refusal.Status is 400 or 413)
        {
            Interlocked.Add(ref notKept, rows.Length);
        }
    }
}
