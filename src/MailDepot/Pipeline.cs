using System.Collections.Immutable;
using Azure.Storage.Queues;
using MailDepot.Archive;
using MailDepot.Pop3;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot;

/// <summary>The one list of what is done with which queue: the Host makes its pumps from it, Azure's triggers are one each.</summary>
public sealed class Pipeline(
    DepotStorage storage, Archiver archiver, PoisonRescue rescue, Pop3Schedule schedule, Pop3Collector collector, Housekeeping housekeeping)
{
    /// <summary>A mailbox is polled up to this much later than it is due.</summary>
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(10);

    /// <summary>In the order in which a mail walks.</summary>
    public ImmutableArray<QueueWork> Queues { get; } =
    [
        new("ArchiveMail", storage.ArchiveQueue, archiver.ArchiveAsync)
        {
            Undone = "Not archived yet",
            IdOf = message => Ticket.IdInMessage(message.Span),
            Poison = storage.ArchivePoison,
        },
        new("RescuePoison", storage.ArchivePoison, rescue.RescueAsync)
        {
            Undone = "Not put back on the queue yet",
            IdOf = message => Ticket.IdInMessage(message.Span),
        },
        new("CollectMailbox", storage.Pop3Queue, collector.CollectAsync) { Undone = "Mailbox not collected" },
    ];

    /// <summary>What is done again and again; each job finds out by itself what is due, and two hosts may try at once.</summary>
    public ImmutableArray<TimedWork> Jobs { get; } =
    [
        new("PollPop3", PollEvery, schedule.RunAsync),
        new("Housekeeping", Housekeeping.Every, housekeeping.RunAsync),
    ];
}

/// <summary>Work that a clock starts.</summary>
/// <param name="Name">Of the work; on Azure the function's.</param>
/// <param name="Every">From one start to the next, at least; a run that takes longer delays it.</param>
/// <param name="RunAsync">An exception is told and ends this run only.</param>
public sealed record TimedWork(string Name, TimeSpan Every, Func<CancellationToken, Task> RunAsync);

/// <summary>A queue, and what is done with each of its messages.</summary>
/// <param name="Name">Of the work; on Azure the function's.</param>
/// <param name="Queue">Where the messages are.</param>
/// <param name="HandleAsync">Returning completes the message; an exception means: later again.</param>
public sealed record QueueWork(string Name, QueueClient Queue, Func<ReadOnlyMemory<byte>, CancellationToken, Task> HandleAsync)
{
    /// <summary>Attempts at a message; then it goes to <see cref="Poison"/>. The same as <c>maxDequeueCount</c> of <c>host.json</c>.</summary>
    public const int MaxAttempts = 5;

    /// <summary>
    /// Where a message goes after its last attempt: the queue's name and <c>-poison</c>, as the Functions host has it.
    /// Null: it is tried for ever, as a poison queue's own are.
    /// </summary>
    public QueueClient? Poison { get; init; }

    /// <summary>Begins the sentence that tells a failure.</summary>
    public required string Undone { get; init; }

    /// <summary>The ticket's id as far as a message tells it, for that sentence.</summary>
    public Func<ReadOnlyMemory<byte>, Guid> IdOf { get; init; } = _ => Guid.Empty;
}
