using MailDepot.Events;
using MailDepot.Spool;
using MailDepot.Storage;
using Microsoft.Extensions.Options;

namespace MailDepot.Pop3;

/// <summary>Collects a mailbox: one visit at a time, its result in the book, and another asked for when more waits.</summary>
/// <remarks>
/// A visit that fails is no error of the message that asked for it: the result tells people, and the next poll goes on.
/// Only when the result can't be kept, because storage is away, the message comes back.
/// </remarks>
public sealed class Pop3Collector(
    DepotStorage storage, IOptions<DepotOptions> options, MailboxPasswords passwords, MailboxBook book, CollectedUidls uidls, MailSpool spool, DepotEvents events,
    TimeProvider clock) : IDisposable
{
    /// <summary>A server from which nothing comes for so long is given up (RFC 1939 §3 lets servers wait ten minutes for us, and says nothing of the reverse).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>MailKit holds a mail in memory as a whole: one large mail at a time in this process.</summary>
    private readonly SemaphoreSlim largeTurn = new(1);

    /// <summary>Collects the mailbox that a message from the queue names.</summary>
    public async Task CollectAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        if (PollMessage.Read(message.Span) is { Mailbox: var mailbox })
        {
            await CollectAsync(mailbox, ct);
        }
        else
        {
            events.Write(EventKind.Failed, Guid.Empty, "A message on the queue pop3-poll names no mailbox; it is dropped, the schedule puts what is due.");
        }
    }

    /// <summary>Collects the mailbox of this name.</summary>
    /// <returns>Null if there was nothing to do: another process is there, or the configuration no longer has the mailbox.</returns>
    public async Task<VisitResult?> CollectAsync(string mailbox, CancellationToken ct)
    {
        if (options.Value.Mailbox(mailbox) is not { } known)
        {
            events.Write(EventKind.Failed, Guid.Empty, $"Mailbox {mailbox} is to be collected, and no entry of MailDepot:Mailboxes has that name; the message is dropped.");
            return null;
        }

        var visit = await VisitAsync(known, ct);
        if (visit is { More: true })
        {
            await PollMessage.PutAsync(storage, known, now: false, ct); // not before the lease is free, or the next one finds it taken
        }

        return visit;
    }

    /// <inheritdoc />
    public void Dispose() => largeTurn.Dispose();

    private async Task<VisitResult?> VisitAsync(MailboxOptions mailbox, CancellationToken ct)
    {
        await using var lease = await Lease.TryTakeAsync(storage.Leases, $"pop3/{mailbox.Name}", clock, ct);
        if (lease is null)
        {
            return null;
        }

        var before = await book.ReadAsync(mailbox.Name, ct);
        var visit = new Pop3Visit(mailbox, uidls, spool, largeTurn, events, clock);
        Pop3Failure? failure = null;
        try
        {
            await using var session = await Pop3Session.OpenAsync(mailbox, passwords.Of(mailbox), Patience, clock, lease.Token);
            await visit.RunAsync(session, lease.Token);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            failure = Pop3Diagnosis.Of(mailbox, e);
        }

        var result = visit.Result(failure);
        Tell(mailbox, before, result);
        Measure(mailbox, result);
        await book.PolledAsync(mailbox.Name, clock.GetUtcNow(), result, before, null, null, ct);
        return result;
    }

    private static void Measure(MailboxOptions mailbox, VisitResult visit)
    {
        var name = new KeyValuePair<string, object?>("mailbox", mailbox.Name);
        Telemetry.Polls.Add(1, name, new("result", visit.Failed ? "failed" : "ok"));
        Telemetry.Pop3Waiting.Record(visit.Waiting, name);
    }

    /// <summary>A failure is told when it is new, and when it is over; a visit that found nothing is not told.</summary>
    private void Tell(MailboxOptions mailbox, MailboxState before, VisitResult visit)
    {
        if (visit.Failed && visit.Result != before.Result)
        {
            events.Write(EventKind.Failed, Guid.Empty, $"Mailbox {mailbox.Name}: {visit.Result}");
        }
        else if (!visit.Failed && before.Failing)
        {
            events.Write(EventKind.Recovered, Guid.Empty, $"Mailbox {mailbox.Name} can be collected again. {visit.Result}");
        }
        else if (visit is { Failed: false, Collected: > 0 })
        {
            events.Write(EventKind.Step, Guid.Empty, $"Mailbox {mailbox.Name}: {visit.Result}");
        }
    }
}
