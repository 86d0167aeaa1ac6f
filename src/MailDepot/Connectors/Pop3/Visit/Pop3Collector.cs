using Azure;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Spool;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>Collects mailboxes, one visit at a time each; writes the result, and requests another visit if more mail is waiting.</summary>
/// <remarks>
/// A visit that fails does not fail its message: people see the result, and the next poll continues. The message comes back only
/// if the result can't be written because storage is unavailable.
/// </remarks>
public sealed class Pop3Collector(
    DepotStorage storage, MailboxDirectory directory, MailboxPasswords passwords, Pop3Tokens tokens, MailboxStates states,
    CollectedUidls uidls, MailSpool spool, HealthPing health, DepotEvents events, TimeProvider clock) : IDisposable
{
    /// <summary>
    /// A server that stays silent this long is given up. RFC 1939 §3 lets servers wait ten minutes for a client, and says nothing
    /// about the reverse.
    /// </summary>
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(60);

    /// <summary>How often a visit writes its progress: people watch it, and each time costs a request.</summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly SpoolSlots slots = new();

    /// <summary>Collects the mailbox that a poll message names.</summary>
    public async Task CollectAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        if (PollMessage.Read(message.Span) is { } poll)
        {
            await CollectAsync(poll.Mailbox, poll.Now is true, ct);
        }
        else
        {
            events.Write(
                EventKind.Failed, Guid.Empty,
                "A message on the queue pop3-poll names no mailbox and was dropped; the schedule polls every mailbox that is due.");
        }
    }

    /// <summary>Collects this mailbox.</summary>
    /// <param name="now">Requested by hand: also during a pause after failed logins, and including mails that are skipped.</param>
    /// <returns>
    /// Null if there is no result: another process is collecting the mailbox or took over its lease, or the mailbox is paused,
    /// disabled or gone.
    /// </returns>
    public async Task<VisitResult?> CollectAsync(string mailbox, bool now, CancellationToken ct)
    {
        if (await VisitAsync(mailbox, now, ct) is not var (options, visit))
        {
            return null;
        }

        if (visit.More && await directory.FindAsync(mailbox, ct) is { Enabled: true } known)
        {
            await PollMessage.PutOnceAsync(storage, known.Name, now: false, later: false, ct); // only now that the lease is free
        }

        if (visit is { Failed: false, TooEarly: false })
        {
            await health.CallAsync(options, ct); // everything is written and the lease is free: a slow call delays only this worker
        }

        return visit;
    }

    /// <inheritdoc />
    public void Dispose() => slots.Dispose();

    private async Task<(MailboxOptions Mailbox, VisitResult Visit)?> VisitAsync(string name, bool now, CancellationToken ct)
    {
        await using var lease = await Lease.TryTakeAsync(storage.Leases, MailboxStates.LeaseName(name), clock, ct);
        if (lease is null)
        {
            if (now)
            {
                await PollMessage.PutOnceAsync(storage, name, now, later: true, ct); // the running visit does not try skipped mails
            }

            return null;
        }

        // Under the lease, which an edit to another account takes, too.
        if (await directory.FindAsync(name, ct) is not { } known)
        {
            events.Write(
                EventKind.Failed, Guid.Empty, $"A poll was requested of mailbox {name}, which does not exist; the message was dropped.");
            return null;
        }

        if (!known.Enabled)
        {
            return null; // disabled since the message was sent
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
            events.Write(
                EventKind.Waiting, Guid.Empty,
                $"Mailbox {mailbox.Name}: the visit ended because it lost its lease. Another process is collecting the mailbox, "
                + "or soon will.");
            await PollMessage.PutOnceAsync(storage, mailbox.Name, now, later: true, ct);
            return null; // the row belongs to another process now
        }

        var result = tally.Result(mailbox, failure) with { LoginFailed = loginFailed };
        var time = clock.GetUtcNow();
        if (result.TooEarly)
        {
            var free = before.LastQuit + Pop3Visit.SoonAfterQuit;
            await states.CameTooEarlyAsync(mailbox.Name, time, result, before, before.PausedUntil > free ? before.PausedUntil : free, ct);
            return (mailbox, result with { Progress = before.Progress });
        }

        Log(mailbox, before, result);
        RecordMetrics(mailbox, result);
        DateTimeOffset? pausedUntil = loginFailed ? time + LoginPause.After(tally.Secured is null ? before.FailedLogins : 0)
            : failure is { Kind: Pop3FailureKind.ServerTemporary } ? time + LoginPause.AfterOutage : null;
        await states.PolledAsync(mailbox.Name, time, result, before, pausedUntil, tally.Secured, ct);
        return (mailbox, result);
    }

    /// <summary>
    /// Forgets the UIDLs of another account first: otherwise a mail with the same UIDL and size would be deleted without being collected.
    /// </summary>
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

    /// <returns>What ended the visit early, or null, and whether that was a failed login.</returns>
    private async Task<(Pop3Failure? Failure, bool LoginFailed)> VisitAsync(
        MailboxOptions mailbox, MailboxState before, bool now, VisitTally tally, CancellationToken leased, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(leased);
        var reporting = ReportProgressAsync(mailbox, tally, ended.Token, leased);
        try
        {
            var context = new VisitContext(
                mailbox, async (source, mail, token) => (await spool.AcceptAsync(source, mail, token)).Accepted, slots,
                await uidls.ReadAsync(mailbox.Name, leased),
                (pages, refused, token) => uidls.PutAsync(mailbox.Name, pages, refused, token), events, tally, clock);
            var visit = new Pop3Visit(context, uidls)
            {
                Insist = now,
                OneByOne = before is
                {
                    Failing: true,
                    Failure.Kind: Pop3FailureKind.NotPop3 or Pop3FailureKind.TimedOut or Pop3FailureKind.ConnectionLost,
                },
                LastQuit = before.LastQuit,
                OneSession = before.OneSession(clock.GetUtcNow()),
            };
            var password = await passwords.OfAsync(mailbox, ct);
            await visit.RunAsync(new Pop3Access(mailbox, password, tokens, ReplyTimeout, clock, tally.Enter), leased);
            return (null, false);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            return (Pop3Diagnosis.Of(mailbox, e), e is MailboxException { IsFailedLogin: true });
        }
        finally
        {
            await ended.CancelAsync();
            await reporting;
        }
    }

    /// <summary>
    /// Writes the visit's progress every second. The caller awaits the last write before it writes the result, which must not be
    /// overwritten by it.
    /// </summary>
    private async Task ReportProgressAsync(MailboxOptions mailbox, VisitTally tally, CancellationToken ended, CancellationToken leased)
    {
        while (true)
        {
            try
            {
                await Task.Delay(ProgressInterval, clock, ended);
                await states.ProgressedAsync(mailbox.Name, clock.GetUtcNow(), tally.Progress, leased);
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return; // the result is written next
            }
            catch (Exception e) when (e is OperationCanceledException or RequestFailedException or AggregateException)
            {
                // the next write has it
            }
        }
    }

    private static void RecordMetrics(MailboxOptions mailbox, VisitResult visit)
    {
        var name = new KeyValuePair<string, object?>("mailbox", mailbox.Name);
        Telemetry.Polls.Add(1, name, new("result", visit.Failed ? "failed" : "ok"));
        Telemetry.Pop3Waiting.Record(visit.Waiting, name);
    }

    /// <summary>Logs a new failure, the end of one, and what was collected; a visit that found nothing is not logged.</summary>
    private void Log(MailboxOptions mailbox, MailboxState before, VisitResult visit)
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
