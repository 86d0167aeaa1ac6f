using System.Collections.Concurrent;
using System.Collections.Immutable;
using Azure.Storage.Queues;
using MailDepot.Archive;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Visit;
using MailDepot.Events;
using MailDepot.Notices;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot;

/// <summary>The one list of what is done with which queue and when: the Host makes its pumps from it, Azure's triggers are one each.</summary>
public sealed class Pipeline(
    DepotStorage storage, Archiver archiver, PoisonRescue rescue, Pop3Schedule schedule, Pop3Collector collector, MailboxNotices notices, Housekeeping housekeeping, DepotEvents events)
{
    /// <summary>Messages of one get: the price of a get is the same for one and for 32. <c>batchSize</c> of <c>host.json</c>.</summary>
    public const int BatchSize = 16;

    /// <summary>More are fetched when no more than this many are at work, so writes always find company (group commit). <c>newBatchThreshold</c> of <c>host.json</c>.</summary>
    public const int FetchBelow = 16;

    /// <summary>
    /// When Azure's timer starts <c>PollPop3</c> (NCRONTAB, six fields): every minute, because an instance is paid for
    /// each start. A mailbox with a shorter interval is polled once a minute there.
    /// </summary>
    public const string PollSchedule = "0 * * * * *";

    /// <summary>When Azure's timer starts <c>TellAdministrator</c>, for which the alerts are there too: apart from the polls.</summary>
    public const string TellSchedule = "15 */5 * * * *";

    /// <summary>When Azure's timer starts <c>Housekeeping</c>: as often as <see cref="Housekeeping.Every"/>, apart from the polls.</summary>
    public const string HousekeepingSchedule = "30 */5 * * * *";

    /// <summary>How long a message at work stays hidden before it is hidden anew; on Azure, until a failed one comes back. <c>visibilityTimeout</c> of <c>host.json</c>.</summary>
    public static readonly TimeSpan Visibility = TimeSpan.FromSeconds(30);

    /// <summary>In the Host a mailbox is polled up to this much later than it is due.</summary>
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(10);

    /// <summary>In the Host a mail to the administrator goes up to this much later than it is due.</summary>
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, bool> failing = new(StringComparer.Ordinal);

    /// <summary>In the order in which a mail walks.</summary>
    public ImmutableArray<QueueWork> Queues { get; } =
    [
        new("ArchiveMail", storage.ArchiveQueue, archiver.ArchiveAsync)
        {
            FailurePrefix = "Not archived yet",
            IdOf = TicketBundle.FirstId,
            Poison = storage.ArchivePoison,
        },
        new("RescuePoison", storage.ArchivePoison, rescue.RescueAsync)
        {
            FailurePrefix = "Not put back on the queue yet",
            IdOf = TicketBundle.FirstId,
        },
        new("CollectMailbox", storage.Pop3Queue, collector.CollectAsync) { FailurePrefix = "Mailbox not collected" },
    ];

    /// <summary>What is done again and again; each job finds out by itself what is due, and two hosts may try at once.</summary>
    public ImmutableArray<TimedWork> Jobs { get; } =
    [
        new("PollPop3", PollEvery, PollSchedule, schedule.RunAsync),
        new("TellAdministrator", TellEvery, TellSchedule, notices.RunAsync),
        new("Housekeeping", Housekeeping.Every, HousekeepingSchedule, housekeeping.RunAsync),
    ];

    /// <summary>Does the work of this name on one message, which the queue delivers again after an exception.</summary>
    public Task HandleAsync(string name, ReadOnlyMemory<byte> message, CancellationToken ct) => HandleAsync(name, message, "It is tried again", ct);

    /// <summary>Does the work of this name on one message. Returning completes it; an exception is in the log, and means: later again.</summary>
    /// <param name="name">Of the work.</param>
    /// <param name="message">As it is on the queue.</param>
    /// <param name="afterFailure">What becomes of the message if this attempt fails, for the log: a sentence without its full stop.</param>
    /// <param name="ct">Gives the attempt up, without a word in the log.</param>
    public async Task HandleAsync(string name, ReadOnlyMemory<byte> message, string afterFailure, CancellationToken ct)
    {
        var work = Queues.First(queue => queue.Name == name);
        try
        {
            await work.HandleAsync(message, ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            events.Write(
                failure is NotYetException ? EventKind.Waiting : EventKind.Failed, work.IdOf(message), $"{work.FailurePrefix}: {Failure.Describe(failure)}. {afterFailure}.");
            throw;
        }
    }

    /// <summary>Runs the job of this name once. A failure is told once when it begins, and once when it is over: what failed is tried again by the next run.</summary>
    public async Task RunAsync(string name, CancellationToken ct)
    {
        try
        {
            await Jobs.First(job => job.Name == name).RunAsync(ct);
            Measure(name, "ok");
            if (failing.TryRemove(name, out _))
            {
                events.Write(EventKind.Recovered, Guid.Empty, $"{name} works again.");
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // the next start finds what is left
        }
        catch (Exception failure)
        {
            Measure(name, "failed");
            if (failing.TryAdd(name, true))
            {
                events.Write(EventKind.Failed, Guid.Empty, $"{name} failed: {Failure.Describe(failure)}. It is tried again until it works.");
            }
        }
    }

    private static void Measure(string job, string result) => Telemetry.JobRuns.Add(1, new("job", job), new("result", result));
}

/// <summary>Work that a clock starts.</summary>
/// <param name="Name">Of the work; on Azure the function's.</param>
/// <param name="Every">In the Host, from one start to the next, at least; a run that takes longer delays it.</param>
/// <param name="Schedule">On Azure, the timer's (NCRONTAB).</param>
/// <param name="RunAsync">Is called by <see cref="Pipeline.RunAsync"/>.</param>
public sealed record TimedWork(string Name, TimeSpan Every, string Schedule, Func<CancellationToken, Task> RunAsync);

/// <summary>A queue, and what is done with each of its messages.</summary>
/// <param name="Name">Of the work; on Azure the function's.</param>
/// <param name="Queue">Where the messages are.</param>
/// <param name="HandleAsync">Is called by <see cref="Pipeline.HandleAsync(string, ReadOnlyMemory{byte}, string, CancellationToken)"/>.</param>
public sealed record QueueWork(string Name, QueueClient Queue, Func<ReadOnlyMemory<byte>, CancellationToken, Task> HandleAsync)
{
    /// <summary>Attempts at a message; then it goes to <see cref="Poison"/>. The same as <c>maxDequeueCount</c> of <c>host.json</c>.</summary>
    public const int MaxAttempts = 5;

    /// <summary>
    /// Where a message goes after its last attempt: the queue's name and <c>-poison</c>, as the Functions host has it.
    /// Null: it is tried for ever, as a poison queue's own are.
    /// </summary>
    public QueueClient? Poison { get; init; }

    /// <summary>Begins the log's sentence about a failure.</summary>
    public required string FailurePrefix { get; init; }

    /// <summary>The ticket's id as far as a message tells it, for that sentence.</summary>
    public Func<ReadOnlyMemory<byte>, Guid> IdOf { get; init; } = _ => Guid.Empty;
}
