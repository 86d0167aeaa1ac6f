using System.Collections.Immutable;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>Requests a poll of each mailbox once per interval.</summary>
/// <remarks>
/// What is due is in the table, not in a timer, so ticks may be missed or come twice. The message is sent before the table is
/// updated: a crash in between causes one poll too many, never one too few.
/// </remarks>
public sealed class Pop3Schedule(DepotStorage storage, MailboxDirectory directory, MailboxStates states, TimeProvider clock)
{
    /// <summary>The mailboxes that are due, in the order of the directory.</summary>
    public async Task<ImmutableArray<MailboxOptions>> DueAsync(CancellationToken ct) =>
        [.. DueTimes(await directory.ListAsync(ct)).Select(due => due.Mailbox)];

    /// <summary>
    /// Sends a poll message for each mailbox that is due, and publishes whether each one fails
    /// (<see cref="Telemetry.MailboxFailing"/>): a paused mailbox is not visited, but it is still failing.
    /// </summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var mailboxes = await directory.ListAsync(ct);
        foreach (var mailbox in mailboxes)
        {
            var isFailing = mailbox is { Enabled: true, State.Failing: true };
            Telemetry.MailboxFailing.Record(isFailing ? 1 : 0, new KeyValuePair<string, object?>("mailbox", mailbox.Name));
        }

        foreach (var (mailbox, due) in DueTimes(mailboxes))
        {
            await PollMessage.PutAsync(storage, mailbox, ct);
            await states.AskedAsync(mailbox.Name, due, ct);
        }
    }

    /// <summary>
    /// The due mailboxes, and when each was due: the next interval starts there, so that late ticks do not add up. If more than an
    /// interval was missed, it starts now.
    /// </summary>
    private List<(MailboxOptions Mailbox, DateTimeOffset Due)> DueTimes(ImmutableArray<Mailbox> mailboxes)
    {
        var times = new List<(MailboxOptions, DateTimeOffset)>();
        var now = clock.GetUtcNow();
        foreach (var mailbox in mailboxes)
        {
            var due = mailbox.State.NextDue(mailbox.Options) ?? now;
            if (mailbox.Enabled && due <= now)
            {
                times.Add((mailbox.Options, now - due < mailbox.Options.Interval ? due : now));
            }
        }

        return times;
    }
}
