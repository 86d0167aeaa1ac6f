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

/// <summary>The one list of queues, jobs and their work: the Host makes its pumps from it; on Azure each entry has a trigger.</summary>
public sealed class Pipeline(
    DepotStorage storage, Archiver archiver, PoisonRescue rescue, Pop3Schedule schedule, Pop3Collector collector,
    MailboxNotices notices, Housekeeping housekeeping, DepotEvents events)
{
    /// <summary>Messages per get, which costs the same for one and for 32. Equals <c>batchSize</c> of <c>host.json</c>.</summary>
    public const int BatchSize = 16;

    /// <summary>
    /// More messages are fetched when at most this many are in work, so that writes can always be grouped (group commit).
    /// Equals <c>newBatchThreshold</c> of <c>host.json</c>.
    /// </summary>
    public const int FetchBelow = 16;

    /// <summary>
    /// When Azure's timer starts <c>PollPop3</c> (NCRONTAB, six fields): every minute, because each start of an instance
    /// costs money. A mailbox with a shorter interval is polled once a minute there.
    /// </summary>
    public const string PollSchedule = "0 * * * * *";

    /// <summary>
    /// When Azure's timer starts <c>NotifyAdministrator</c>, beside which there are alerts; at other times than the polls.
    /// </summary>
    public const string NotifySchedule = "15 */5 * * * *";

    /// <summary>
    /// When Azure's timer starts <c>Housekeeping</c>: every <see cref="Housekeeping.Every"/>, at other times than the polls.
    /// </summary>
    public const string HousekeepingSchedule = "30 */5 * * * *";

    /// <summary>
    /// How long a message in work stays hidden until that is extended; on Azure, also how long until a failed one comes back.
    /// Equals <c>visibilityTimeout</c> of <c>host.json</c>.
    /// </summary>
    public static readonly TimeSpan Visibility = TimeSpan.FromSeconds(30);

    /// <summary>In the Host a mailbox is polled up to this much later than it is due.</summary>
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(10);

    /// <summary>In the Host a mail to the administrator goes up to this much later than it is due.</summary>
    private static readonly TimeSpan NotifyEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, bool> failing = new(StringComparer.Ordinal);

    /// <summary>In the order in which a mail passes through them.</summary>
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

    /// <summary>The recurring jobs; each finds out by itself what is due, and two hosts may run one at the same time.</summary>
    public ImmutableArray<TimedWork> Jobs { get; } =
    [
        new("PollPop3", PollEvery, PollSchedule, schedule.RunAsync),
        new("NotifyAdministrator", NotifyEvery, NotifySchedule, notices.RunAsync),
        new("Housekeeping", Housekeeping.Every, HousekeepingSchedule, housekeeping.RunAsync),
    ];

    /// <summary>Does the work of this name on one message, which the Functions host delivers again after an exception.</summary>
    /// <param name="name">Of the work.</param>
    /// <param name="text">As it is on the queue: base64, see <see cref="QueueText"/>.</param>
    /// <param name="ct">Cancels the attempt, without a log entry.</param>
    public Task HandleTextAsync(string name, ReadOnlyMemory<byte> text, CancellationToken ct) =>
        HandleAsync(name, QueueText.Decode(text), "It is tried again", ct);

    /// <summary>
    /// Does the work of this name on one message. Returning completes it; an exception is logged and means a later retry.
    /// </summary>
    /// <param name="name">Of the work.</param>
    /// <param name="message">Decoded.</param>
    /// <param name="afterFailure">What happens to the message if this attempt fails, for the log: a sentence without its full stop.</param>
    /// <param name="ct">Cancels the attempt, without a log entry.</param>
    public async Task HandleAsync(string name, ReadOnlyMemory<byte> message, string afterFailure, CancellationToken ct)
    {
        var work = Queues.First(queue => queue.Name == name);
        try
        {
            await work.HandleAsync(message, ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            events.WriteAttempt(work.IdOf(message), work.FailurePrefix, failure, afterFailure);
            throw;
        }
    }

    /// <summary>
    /// Runs the job of this name once. A failure is logged once when it begins and once when it is over: the next run retries what
    /// failed.
    /// </summary>
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
            // the next start finishes what is left
        }
        catch (Exception failure)
        {
            Measure(name, "failed");
            if (failing.TryAdd(name, true))
            {
                events.Write(
                    EventKind.Failed, Guid.Empty,
                    $"{name} failed: {Failure.Describe(failure)}. It is tried again until it works.");
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
/// <param name="HandleAsync">
/// Is called by <see cref="Pipeline.HandleAsync(string, ReadOnlyMemory{byte}, string, CancellationToken)"/>.
/// </param>
public sealed record QueueWork(string Name, QueueClient Queue, Func<ReadOnlyMemory<byte>, CancellationToken, Task> HandleAsync)
{
    /// <summary>
    /// Attempts at a message; then it goes to <see cref="Poison"/>. The same as <c>maxDequeueCount</c> of <c>host.json</c>.
    /// </summary>
    public const int MaxAttempts = 5;

    /// <summary>
    /// Where a message goes after its last attempt: the queue's name and <c>-poison</c>, as the Functions host has it.
    /// Null: it is retried forever, as messages of a poison queue are.
    /// </summary>
    public QueueClient? Poison { get; init; }

    /// <summary>The beginning of the log's sentence about a failure.</summary>
    public required string FailurePrefix { get; init; }

    /// <summary>The ticket's id, if the message contains it, for that sentence.</summary>
    public Func<ReadOnlyMemory<byte>, Guid> IdOf { get; init; } = _ => Guid.Empty;
}
