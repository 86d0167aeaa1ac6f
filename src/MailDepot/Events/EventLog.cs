using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;
using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>Stores events in table <c>Events</c>, except intermediate steps.</summary>
/// <remarks>
/// Writers of events never wait: events are queued in memory and written in the background, all of a second in one row if it
/// fits. If storage fails for a while, they are written later; events that do not fit into memory until then are dropped and
/// counted, and one line says how many. Events are for people: archive and counts do not depend on them.
/// </remarks>
public sealed class EventLog : IAsyncDisposable
{
    /// <summary>Events held in memory: some 10 MB, enough for some minutes of a busy depot without its storage.</summary>
    private const int MaxPending = 20_000;

    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(0.5);

    /// <summary>Time to write the last events on shutdown.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(1);

    private readonly Channel<EventLine> pending;
    private readonly Queue<TableEntity> pages = [];
    private readonly SemaphoreSlim flushing = new(1);
    private readonly CancellationTokenSource stopped = new();
    private readonly string writer = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    private readonly DepotStorage storage;
    private readonly DepotEvents events;
    private readonly TimeProvider clock;
    private readonly int maxPending;
    private Task running = Task.CompletedTask;
    private uint lastNumber;
    private long dropped;
    private bool failing;

    /// <summary>Starts queueing events.</summary>
    public EventLog(DepotStorage storage, DepotEvents events, TimeProvider clock)
        : this(storage, events, clock, MaxPending)
    {
    }

    /// <summary>The same with another limit, for tests.</summary>
    internal EventLog(DepotStorage storage, DepotEvents events, TimeProvider clock, int maxPending)
    {
        (this.storage, this.events, this.clock, this.maxPending) = (storage, events, clock, maxPending);
        pending = Channel.CreateBounded<EventLine>(maxPending);
        events.Written += Enqueue;
    }

    /// <summary>Writes in the background until the log is disposed of, after everything that writes events has stopped.</summary>
    public void Start() => running = RunAsync();

    /// <summary>Writes all queued events now: before a process exits, or before work that the log must show continues.</summary>
    /// <exception cref="RequestFailedException">Storage refused; the events stay queued for the next flush.</exception>
    public async Task FlushAsync(CancellationToken ct)
    {
        await flushing.WaitAsync(ct);
        try
        {
            do
            {
                await WritePagesAsync(ct); // pages left by an earlier flush come first and stay unchanged
            }
            while (MakePages());

            // Only once the queue is empty: one line for all that were dropped.
            if (Interlocked.Exchange(ref dropped, 0) is > 0 and var lost)
            {
                AddPages([Line(Loss(lost))]);
                await WritePagesAsync(ct);
            }
        }
        finally
        {
            flushing.Release();
        }
    }

    /// <summary>Writes the last events, for a second at most, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stopped.IsCancellationRequested)
        {
            return;
        }

        events.Written -= Enqueue;
        await stopped.CancelAsync();
        await running;
        using var limit = new CancellationTokenSource(ShutdownTimeout);
        try
        {
            await FlushAsync(limit.Token);
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException or OperationCanceledException)
        {
            // the mails are safe; only the last lines about them are missing
        }

        stopped.Dispose();
        flushing.Dispose();
    }

    private void Enqueue(object? sender, DepotEvent e)
    {
        if (e.Kind is not EventKind.Step && !pending.Writer.TryWrite(Line(e)))
        {
            Interlocked.Increment(ref dropped);
        }
    }

    private EventLine Line(DepotEvent e) => EventLine.Of(e, Interlocked.Increment(ref lastNumber));

    private async Task RunAsync()
    {
        while (!stopped.IsCancellationRequested)
        {
            await Task.Delay(WriteEvery, clock, stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await FlushAsync(stopped.Token);
                if (failing)
                {
                    failing = false;
                    events.Write(EventKind.Recovered, Guid.Empty, "Events can be written again.");
                }
            }
            catch (OperationCanceledException) when (stopped.IsCancellationRequested)
            {
                // DisposeAsync does the last flush
            }
            catch (Exception failure)
            {
                if (!failing)
                {
                    failing = true;
                    events.Write(
                        EventKind.Failed, Guid.Empty,
                        $"Events can't be written: {Failure.Describe(failure)}. They are kept in memory meanwhile; mail is not affected.");
                }
            }
        }
    }

    /// <summary>Makes pages of the queued events, as many as may be in memory; false if there are none.</summary>
    private bool MakePages()
    {
        var lines = new List<EventLine>();
        while (lines.Count < maxPending && pending.Reader.TryRead(out var next))
        {
            lines.Add(next);
        }

        AddPages(lines);
        return lines.Count > 0;
    }

    private void AddPages(IEnumerable<EventLine> lines)
    {
        foreach (var page in EventPages.Of(lines, writer))
        {
            pages.Enqueue(page);
        }
    }

    private DepotEvent Loss(long lost) => new(clock.GetUtcNow(), EventKind.Failed, Guid.Empty, string.Create(
        CultureInfo.InvariantCulture,
        $"{lost} {(lost == 1 ? "event was" : "events were")} not kept: they came faster than they could be written. No mail was lost."));

    /// <summary>Writes the pages, replacing those of an earlier attempt. A page that storage refuses for good is dropped.</summary>
    private async Task WritePagesAsync(CancellationToken ct)
    {
        while (pages.TryPeek(out var page))
        {
            try
            {
                await storage.Events.UpsertEntityAsync(page, TableUpdateMode.Replace, ct);
            }
            catch (RequestFailedException refusal) when (refusal.Status is 400 or 413)
            {
                Interlocked.Add(ref dropped, EventPages.Count(page));
            }

            pages.Dequeue();
        }
    }
}
