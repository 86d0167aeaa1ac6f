using System.Collections.Immutable;
using MailDepot.Base;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Storage;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>Asks for a collection of each mailbox once an interval.</summary>
/// <remarks>
/// What is due stands in the table, not in a timer: ticks may be missed or come twice. The message is put before the
/// table says so, so a crash between the two costs one poll too many, never one too few.
/// </remarks>
public sealed class Pop3Schedule(DepotStorage storage, MailboxDirectory directory, MailboxStates states, TimeProvider clock)
{
    /// <summary>The mailboxes whose interval is over, in the order of the directory.</summary>
    public async Task<ImmutableArray<MailboxOptions>> DueAsync(CancellationToken ct) => [.. DueTimes(await directory.ListAsync(ct)).Select(due => due.Mailbox)];

    /// <summary>Puts one message for each mailbox that is due, and publishes how each of all is (<see cref="Telemetry.MailboxFailing"/>): nobody visits one that is paused, and it fails all the same.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var mailboxes = await directory.ListAsync(ct);
        foreach (var mailbox in mailboxes)
        {
            Telemetry.MailboxFailing.Record(mailbox is { Enabled: true, State.Failing: true } ? 1 : 0, new KeyValuePair<string, object?>("mailbox", mailbox.Name));
        }

        foreach (var (mailbox, due) in DueTimes(mailboxes))
        {
            await PollMessage.PutAsync(storage, mailbox, ct);
            await states.AskedAsync(mailbox.Name, due, ct);
        }
    }

    /// <summary>With the time at which each was due: the next interval begins there, so late ticks do not add up; after a longer pause it begins now.</summary>
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
