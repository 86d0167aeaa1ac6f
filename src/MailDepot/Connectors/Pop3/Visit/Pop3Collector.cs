using Azure;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>Collects a mailbox: one visit at a time, its result in the table, and another asked for when more waits.</summary>
/// <remarks>
/// A visit that fails is no error of the message that asked for it: the result tells people, and the next poll goes on.
/// Only when the result can't be kept, because storage is away, the message comes back.
/// </remarks>
public sealed class Pop3Collector(
    DepotStorage storage, MailboxDirectory directory, MailboxPasswords passwords, Pop3Tokens tokens, MailboxStates states, CollectedUidls uidls, MailSpool spool, HealthPing health,
    DepotEvents events, TimeProvider clock) : IDisposable
{
    /// <summary>A server from which nothing comes for so long is given up (RFC 1939 §3 lets servers wait ten minutes for us, and says nothing of the reverse).</summary>
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(60);

    /// <summary>How often a visit says how far it is: people watch it, and a row costs a request.</summary>
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    private readonly SpoolSlots turns = new();

    /// <summary>Collects the mailbox that a message from the queue names.</summary>
    public async Task CollectAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        if (PollMessage.Read(message.Span) is { } poll)
        {
            await CollectAsync(poll.Mailbox, poll.Now is true, ct);
        }
        else
        {
            events.Write(EventKind.Failed, Guid.Empty, "A message on the queue pop3-poll names no mailbox; it is dropped, the schedule puts what is due.");
        }
    }

    /// <summary>Collects the mailbox of this name.</summary>
    /// <param name="now">A person asks: also while failed logins pause it, and also the mails that are skipped.</param>
    /// <returns>Null if there is nothing to say: another process is there, or came meanwhile, or the mailbox is paused, disabled or gone.</returns>
    public async Task<VisitResult?> CollectAsync(string mailbox, bool now, CancellationToken ct)
    {
        if (await VisitAsync(mailbox, now, ct) is not var (options, visit))
        {
            return null;
        }

        if (visit.More && await directory.FindAsync(mailbox, ct) is { Enabled: true } known)
        {
            await PollMessage.PutOnceAsync(storage, known.Name, now: false, later: false, ct); // not before the lease is free, or the next one finds it taken
        }

        await (visit is { Failed: false, TooEarly: false } ? health.CallAsync(options, ct) : Task.CompletedTask); // everything is written and the mailbox is free: it holds up this worker alone
        return visit;
    }

    /// <inheritdoc />
    public void Dispose() => turns.Dispose();

    private async Task<(MailboxOptions Mailbox, VisitResult Visit)?> VisitAsync(string name, bool now, CancellationToken ct)
    {
        await using var lease = await Lease.TryTakeAsync(storage.Leases, MailboxStates.LeaseName(name), clock, ct);
        if (lease is null)
        {
            await (now ? PollMessage.PutOnceAsync(storage, name, now, later: true, ct) : Task.CompletedTask); // the visit there leaves out what a person wants tried
            return null;
        }

        // Under the lease: whoever makes it another account has the lease too.
        if (await directory.FindAsync(name, ct) is not { } known)
        {
            events.Write(EventKind.Failed, Guid.Empty, $"Mailbox {name} is to be collected, and there is none of that name; the message is dropped.");
            return null;
        }

        if (!known.Enabled)
        {
            return null; // the message was put before
        }

        var mailbox = known.Options;
        var before = await BindAccountAsync(mailbox, known.State, ct);
        if (!now && before.PausedUntil > clock.GetUtcNow())
        {
            return null;
        }

        var tally = new VisitTally();
        var (failure, loginFailed) = await VisitAsync(mailbox, before, now, tally, lease.Token, ct);
        if (lease.Token.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            events.Write(EventKind.Waiting, Guid.Empty, $"Mailbox {mailbox.Name}: the visit ended because its lease is lost. Whoever has it goes on, else another visit does in a moment.");
            await PollMessage.PutOnceAsync(storage, mailbox.Name, now, later: true, ct);
            return null; // the row is another's now
        }

        var result = tally.Result(mailbox, failure) with { LoginFailed = loginFailed };
        var time = clock.GetUtcNow();
        if (result.TooEarly)
        {
            var early = before.LastQuit + Pop3Visit.SoonAfterQuit;
            await states.CameTooEarlyAsync(mailbox.Name, time, result, before, before.PausedUntil > early ? before.PausedUntil : early, ct);
            return (mailbox, result with { Progress = before.Progress });
        }

        Tell(mailbox, before, result);
        Measure(mailbox, result);
        DateTimeOffset? pausedUntil = loginFailed ? time + LoginPause.After(tally.Secured is null ? before.FailedLogins : 0)
            : failure is { Kind: Pop3FailureKind.ServerTemporary } ? time + LoginPause.Unwell : null;
        await states.PolledAsync(mailbox.Name, time, result, before, pausedUntil, tally.Secured, ct);
        return (mailbox, result);
    }

    /// <summary>UIDLs of the account before are forgotten first: a mail of this one, of the same UIDL and size, would be deleted without having been collected.</summary>
    private async Task<MailboxState> BindAccountAsync(MailboxOptions mailbox, MailboxState before, CancellationToken ct)
    {
        var account = MailboxState.AccountOf(mailbox);
        if (before.Account == account)
        {
            return before;
        }

        await uidls.ForgetAsync(mailbox.Name, ct);
        return await states.BindAccountAsync(mailbox.Name, account, before, ct);
    }

    /// <returns>What ended it early, null if nothing did; and whether that was the server's no to our secret.</returns>
    private async Task<(Pop3Failure? Failure, bool LoginFailed)> VisitAsync(
        MailboxOptions mailbox, MailboxState before, bool now, VisitTally tally, CancellationToken leased, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(leased);
        var telling = TellAsync(mailbox, tally, ended.Token, leased);
        try
        {
            var parts = new VisitParts(
                mailbox, async (source, mail, token) => (await spool.AcceptAsync(source, mail, token)).Sha256, turns, await uidls.ReadAsync(mailbox.Name, leased),
                (pages, refused, token) => uidls.PutAsync(mailbox.Name, pages, refused, token), events, tally, clock);
            var visit = new Pop3Visit(parts, uidls)
            {
                Insist = now,
                OneByOne = before is { Failing: true, Failure.Kind: Pop3FailureKind.NotPop3 or Pop3FailureKind.TimedOut or Pop3FailureKind.ConnectionLost },
                LastQuit = before.LastQuit,
                OneSession = before.OneSession(clock.GetUtcNow()),
            };
            await visit.RunAsync(new Pop3Access(mailbox, await passwords.OfAsync(mailbox, ct), tokens, ReplyTimeout, clock, tally.At), leased);
            return (null, false);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            return (Pop3Diagnosis.Of(mailbox, e), e is MailboxException { IsFailedLogin: true });
        }
        finally
        {
            await ended.CancelAsync();
            await telling;
        }
    }

    /// <summary>Shows how far the visit is, from its second second on. What storage did not take is told by the next; a write under way ends before the visit's result is written, or it could land after it.</summary>
    private async Task TellAsync(MailboxOptions mailbox, VisitTally tally, CancellationToken ended, CancellationToken leased)
    {
        while (true)
        {
            try
            {
                await Task.Delay(TellEvery, clock, ended);
                await states.ProgressedAsync(mailbox.Name, clock.GetUtcNow(), tally.Progress, leased);
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return; // the visit's result is written next
            }
            catch (Exception e) when (e is OperationCanceledException or RequestFailedException or AggregateException)
            {
                // the next second tells it
            }
        }
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
        if (visit.Failed && (visit.Failure?.Description != before.Failure?.Description || !before.Failing))
        {
            events.Write(EventKind.Failed, Guid.Empty, $"Mailbox {mailbox.Name}: {visit.Result}");
        }
        else if (!visit.Failed && before.Failing)
        {
            events.Write(EventKind.Recovered, Guid.Empty, $"Mailbox {mailbox.Name} can be collected again. {visit.Result}");
        }
        else if (visit.Collected > 0)
        {
            events.Write(EventKind.Step, Guid.Empty, $"Mailbox {mailbox.Name}: {visit.Result}");
        }
    }
}
