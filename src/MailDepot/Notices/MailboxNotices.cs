using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Events;
using MailDepot.Storage;

namespace MailDepot.Notices;

/// <summary>Tells the administrator by mail that a mailbox can't be collected or needs a person, now and then that it lasts, and that it is over.</summary>
/// <remarks>
/// What was sent stands in a table, and one process at a time sends; a crash between the sending and the writing costs
/// one mail too many, never one too few. Collecting knows nothing of this, so no relay can hold it up.
/// </remarks>
public sealed class MailboxNotices(
    DepotStorage storage, MailboxDirectory directory, AdminMail mail, DepotEvents events, NoticeOptions options, TimeProvider clock)
{
    /// <summary>A relay that took no mail is left in peace for so long.</summary>
    internal static readonly TimeSpan RelayRests = TimeSpan.FromMinutes(5);

    private const string LeaseName = "notices";

    private readonly NoticeHistory history = new(storage);

    /// <summary>Sends what is due; nothing without a relay.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        if (!mail.HasRelay || (await DueAsync(ct)).IsEmpty)
        {
            return;
        }

        await using var lease = await Lease.TryTakeAsync(storage.Leases, LeaseName, clock, ct);
        if (lease is null || await RestsAsync(lease.Token))
        {
            return;
        }

        foreach (var notice in await DueAsync(lease.Token)) // again: another process may have sent it before we had the lease
        {
            if (!await TrySendAsync(notice, lease.Token))
            {
                return; // the relay would not take the others either
            }
        }
    }

    /// <summary>What is to be told now.</summary>
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
               let due = mailbox.State.FailingSince is { } since ? Next(mailbox, since, before) : before is null or { Over: not null } ? (DateTimeOffset?)null : now
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
        return mailbox.State.Failure is { } failure && NoticePlan.News(last.Sent, last.ToldOf(failure.Kind)) is var news && news < next ? news : next;
    }

    /// <summary>What was sent of a failure of which no mail said that it is over: to the administrator it lasts, also where it was away between two runs of the job.</summary>
    private static NoticesSent? Unended(NoticesSent? before) => before is { Over: null } ? before : null;

    private async Task<bool> RestsAsync(CancellationToken ct) => await history.TroubleAsync(ct) is { } trouble && clock.GetUtcNow() < trouble.Since + RelayRests;

    /// <summary>False if the relay did not take it.</summary>
    private async Task<bool> TrySendAsync(Notice notice, CancellationToken ct)
    {
        var (mailbox, before) = notice;
        var now = clock.GetUtcNow();
        var since = mailbox.State.FailingSince;
        var last = Unended(before);
        var (subject, text) = since is { } failing
            ? NoticeText.Failing(mailbox, last, NoticePlan.Next(last?.Since ?? failing, now, options.EachInterval ? mailbox.Options.Interval : null))
            : NoticeText.Recovered(mailbox, before!.Since);
        SentMail taken;
        try
        {
            taken = await mail.SendAsync(subject, text, ct);
        }
        catch (NoticeException failure)
        {
            await TellTroubleAsync(mailbox.Name, failure.Message, now, ct);
            return false;
        }

        await history.SentAsync(mailbox.Name, since is { } about ? (last ?? new NoticesSent(about, now, 0)).Again(now, mailbox.State.Failure?.Kind) : before! with { Over = now }, ct);
        events.Write(EventKind.Notified, Guid.Empty, $"A mail to {string.Join(", ", taken.To)}: {subject["MailDepot: ".Length..]}.");
        if (taken.Refusal is { } refusal)
        {
            events.Write(EventKind.Warned, Guid.Empty, $"A mail about mailbox {mailbox.Name} did not reach all administrators. {refusal} Correct MailDepot:Notices:To.");
        }

        await TellRecoveryAsync(ct);
        return true;
    }

    /// <summary>Told when it is new, not at each try.</summary>
    private async Task TellTroubleAsync(string mailbox, string sentence, DateTimeOffset now, CancellationToken ct)
    {
        if ((await history.TroubleAsync(ct))?.Sentence != sentence)
        {
            events.Write(EventKind.Failed, Guid.Empty, $"The mail to the administrator about mailbox {mailbox} could not be sent. {sentence} It is tried again every {RelayRests.TotalMinutes:0} minutes.");
        }

        await history.FailedAsync(new RelayTrouble(now, sentence), ct);
    }

    private async Task TellRecoveryAsync(CancellationToken ct)
    {
        if (await history.TroubleAsync(ct) is not null)
        {
            await history.WorksAsync(ct);
            events.Write(EventKind.Recovered, Guid.Empty, $"The relay {mail.Relay} takes mails to the administrator again.");
        }
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    /// <param name="Mailbox">About whom; failing, or again well.</param>
    /// <param name="Before">What was sent about its last failure; there is some where it is well again.</param>
    private sealed record Notice(Mailbox Mailbox, NoticesSent? Before);
}
