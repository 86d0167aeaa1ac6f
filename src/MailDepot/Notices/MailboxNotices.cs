using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Notices;

/// <summary>
/// Mails the administrator when a mailbox fails or needs attention, from time to time while that lasts, and when it is over.
/// </summary>
/// <remarks>
/// What was sent is in a table, and one process at a time sends. A crash between sending and writing causes one mail too many, never one
/// too few. Collecting does not know about this job, so no relay can delay it.
/// </remarks>
public sealed class MailboxNotices(
    DepotStorage storage, MailboxDirectory directory, AdminMail mail, DepotEvents events, NoticeOptions options, TimeProvider clock)
{
    /// <summary>How long to wait after the relay accepted no mail.</summary>
    internal static readonly TimeSpan RelayRetryDelay = TimeSpan.FromMinutes(5);

    private const string LeaseName = "notices";

    private readonly NoticeHistory history = new(storage);

    /// <summary>Sends what is due; does nothing without a relay.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        if (!mail.HasRelay || (await DueAsync(ct)).IsEmpty)
        {
            return;
        }

        await using var lease = await Lease.TryTakeAsync(storage.Leases, LeaseName, clock, ct);
        if (lease is null || await MustWaitAsync(lease.Token))
        {
            return;
        }

        foreach (var notice in await DueAsync(lease.Token)) // again: another process may have sent it before we had the lease
        {
            if (!await TrySendAsync(notice, lease.Token))
            {
                return; // the relay would not accept the others either
            }
        }
    }

    /// <summary>The mails that are due now.</summary>
    private async Task<ImmutableArray<Notice>> DueAsync(CancellationToken ct)
    {
        var (mailboxes, sent, now) = (await directory.ListAsync(ct), await history.ReadAsync(ct), clock.GetUtcNow());
        foreach (var gone in sent.Keys.Where(name => !mailboxes.Any(mailbox => Same(mailbox.Name, name))))
        {
            await history.ForgetAsync(gone, ct);
        }

        return
        [
            .. from mailbox in mailboxes
               where mailbox.Enabled
               let before = sent.GetValueOrDefault(mailbox.Name)
               let due = mailbox.State.FailingSince is { } since ? Next(mailbox, since, before) : Unended(before) is null ? null : now
               where due <= now
               select new Notice(mailbox, before),
        ];
    }

    private DateTimeOffset? Next(Mailbox mailbox, DateTimeOffset since, NoticesSent? before)
    {
        var last = Unended(before);
        if (options.EachInterval)
        {
            return mailbox.State.FailedAt <= last?.Sent ? null : NoticePlan.Next(since, last?.Sent, mailbox.Options.Interval);
        }

        if (last is null)
        {
            return NoticePlan.First(since, before?.Over);
        }

        var next = NoticePlan.Next(last.Since, last.Sent, interval: null);
        return mailbox.State.Failure is { } failure
            && NoticePlan.OtherKind(last.Sent, last.LastReport(failure.Kind)) is var other && other < next ? other : next;
    }

    /// <summary>
    /// The mails about a failure whose end no mail has reported. To the administrator it lasts, even if the mailbox worked between
    /// two runs of this job.
    /// </summary>
    private static NoticesSent? Unended(NoticesSent? before) => before is { Over: null } ? before : null;

    private async Task<bool> MustWaitAsync(CancellationToken ct) =>
        await history.RelayFailureAsync(ct) is { } failure && clock.GetUtcNow() < failure.Tried + RelayRetryDelay;

    /// <summary>False if the relay did not accept the mail.</summary>
    private async Task<bool> TrySendAsync(Notice notice, CancellationToken ct)
    {
        var (mailbox, before) = notice;
        var now = clock.GetUtcNow();
        var since = mailbox.State.FailingSince;
        var last = Unended(before);
        var (subject, text) = since is { } failing
            ? NoticeText.Failing(mailbox, last, NoticePlan.Next(last?.Since ?? failing, now, EachInterval(mailbox)))
            : NoticeText.Recovered(mailbox, before!.Since);
        SentMail accepted;
        try
        {
            accepted = await mail.SendAsync(subject, text, ct);
        }
        catch (NoticeException failure)
        {
            await RecordFailureAsync(mailbox.Name, failure.Message, now, ct);
            return false;
        }

        var sent = since is { } began
            ? (last ?? new NoticesSent(began, now, 0)).Add(now, mailbox.State.Failure?.Kind)
            : before! with { Over = now };
        await history.SentAsync(mailbox.Name, sent, ct);
        var about = subject["MailDepot: ".Length..];
        events.Write(EventKind.Notified, Guid.Empty, $"Sent a mail to {string.Join(", ", accepted.To)}: {about}.");
        if (accepted.Refusal is { } refusal)
        {
            events.Write(
                EventKind.Warned, Guid.Empty,
                $"A mail about mailbox {mailbox.Name} did not reach all administrators. {refusal} Correct MailDepot:Notices:To.");
        }

        await RecordRecoveryAsync(ct);
        return true;
    }

    private TimeSpan? EachInterval(Mailbox mailbox) => options.EachInterval ? mailbox.Options.Interval : null;

    /// <summary>Logs a new failure of the relay, not each attempt.</summary>
    private async Task RecordFailureAsync(string mailbox, string sentence, DateTimeOffset now, CancellationToken ct)
    {
        if ((await history.RelayFailureAsync(ct))?.Sentence != sentence)
        {
            events.Write(
                EventKind.Failed, Guid.Empty,
                $"The mail to the administrator about mailbox {mailbox} could not be sent. {sentence} "
                + $"It is tried again every {RelayRetryDelay.TotalMinutes:0} minutes.");
        }

        await history.RelayFailedAsync(new RelayFailure(now, sentence), ct);
    }

    private async Task RecordRecoveryAsync(CancellationToken ct)
    {
        if (await history.RelayFailureAsync(ct) is not null)
        {
            await history.RelayWorksAsync(ct);
            events.Write(EventKind.Recovered, Guid.Empty, $"The relay {mail.Relay} accepts mail to the administrator again.");
        }
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    /// <param name="Mailbox">Failing, or working again.</param>
    /// <param name="Before">What was sent about its last failure; never null if the mailbox works again.</param>
    private sealed record Notice(Mailbox Mailbox, NoticesSent? Before);
}
