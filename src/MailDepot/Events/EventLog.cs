using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;
using Azure;
using Azure.Data.Tables;
using MailDepot.Storage;

namespace MailDepot.Events;

/// <summary>Keeps events in table <c>Events</c>; steps on the way are not kept.</summary>
/// <remarks>
/// Whoever tells an event never waits for this: it is noted in memory and written in the background, all of a second in
/// one row if it fits. What storage does not take for a while is written later; what does not fit into memory until
/// then is counted, and one line tells how many. Events are for people: archive and counts do not depend on them.
/// </remarks>
public sealed class EventLog : IAsyncDisposable
{
    /// <summary>Events held in memory: some 10 MB, and some minutes of a busy depot without its storage.</summary>
    private const int LongestLine = 20_000;

    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(0.5);

    /// <summary>What the last events get to be written at the end.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(1);

    private readonly Channel<EventLine> line;
    private readonly Queue<TableEntity> round = [];
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
        line = Channel.CreateBounded<EventLine>(longestLine);
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
            do
            {
                await WriteRoundAsync(ct); // first what the round before left: its pages stay as they were made
            }
            while (Take());

            // Told only when the line is free again: once for all that were lost.
            if (Interlocked.Exchange(ref notKept, 0) is > 0 and var lost)
            {
                MakeRound([Line(Loss(lost))]);
                await WriteRoundAsync(ct);
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
        if (e.Kind is not EventKind.Step && !line.Writer.TryWrite(Line(e)))
        {
            Interlocked.Increment(ref notKept);
        }
    }

    private EventLine Line(DepotEvent e) => EventLine.Of(e, Interlocked.Increment(ref count));

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
                    events.Write(EventKind.Failed, Guid.Empty, $"Events can't be written: {Failure.Describe(failure)}. They wait in memory; mail does not wait for them.");
                }
            }
        }
    }

    /// <summary>Makes pages of what waits, as far as the memory of one round may hold it.</summary>
    private bool Take()
    {
        var lines = new List<EventLine>();
        while (lines.Count < longestLine && line.Reader.TryRead(out var next))
        {
            lines.Add(next);
        }

        MakeRound(lines);
        return lines.Count > 0;
    }

    private void MakeRound(IEnumerable<EventLine> lines)
    {
        foreach (var page in EventPages.Of(lines, writer))
        {
            round.Enqueue(page);
        }
    }

    private DepotEvent Loss(long lost) => new(clock.GetUtcNow(), EventKind.Failed, Guid.Empty, string.Create(
        CultureInfo.InvariantCulture, $"{lost} {(lost == 1 ? "event was" : "events were")} not kept: they came faster than they could be written. No mail is missing for that."));

    /// <summary>Replaces what an attempt before may have written. Pages that storage will never take are counted out by their events.</summary>
    private async Task WriteRoundAsync(CancellationToken ct)
    {
        while (round.TryPeek(out var page))
        {
            try
            {
                await storage.Events.UpsertEntityAsync(page, TableUpdateMode.Replace, ct);
            }
            catch (RequestFailedException refusal) when (refusal.Status is 400 or 413)
            {
                Interlocked.Add(ref notKept, EventPages.Count(page));
            }

            round.Dequeue();
        }
    }
}
