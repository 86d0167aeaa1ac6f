using System.Collections.Concurrent;
using Azure;
using Azure.Identity;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>
/// The mails of a session that could not be fetched, or for which the server sent a substitute: each is counted once per run, and
/// logged.
/// </summary>
internal sealed class Refusals(VisitContext visit)
{
    private readonly ConcurrentDictionary<string, int> counted = new(StringComparer.Ordinal);
    private readonly HashSet<string> substitutes = new(StringComparer.Ordinal);

    /// <summary>Rows that are not written yet.</summary>
    public ConcurrentQueue<RefusedMail> Unwritten { get; } = [];

    /// <summary>Keys of the mails that the server did not send.</summary>
    public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>The server answered RETR with <c>-ERR</c>.</summary>
    public void Refuse(MailListing mail, string reply)
    {
        visit.Tally.CountRefusal();
        Keys.Add(mail.RefusalKey);
        if (Count(mail, reply) < MailTransfer.Attempts || mail.IfDurable is null)
        {
            visit.Events.Write(
                EventKind.Failed, Guid.Empty,
                $"Mailbox {visit.Mailbox.Name}: the server refused to send the mail {mail.Description} ({reply}). "
                + "It stays on the server, and the next poll tries again.");
        }
    }

    /// <summary>
    /// The server sent a substitute, which is archived once per UIDL; the mail itself counts as refused. A process that dies before
    /// the row is written archives the substitute once more; if it is the same to the byte, the archiver recognizes it.
    /// </summary>
    public async Task TakeSubstituteAsync(MailListing mail, MemoryStream substitute, Pop3Source source, CancellationToken ct)
    {
        var sha256 = Digest.Of(substitute.ToArray());
        var archived = visit.Known.Substitute(mail);
        var isNew = archived is null || (mail.IfDurable is null && archived != sha256);
        if (substitutes.Add(mail.IfDurable is null ? $"{sha256}" : mail.RefusalKey) && isNew)
        {
            await visit.Accept(source with { Substitute = true }, substitute, ct);
        }

        visit.Tally.CountRefusal();
        visit.Tally.Substituted(mail);
        Keys.Add(mail.RefusalKey);
        if (Count(mail, "the server sends a substitute", sha256) < MailTransfer.Attempts || mail.IfDurable is null)
        {
            visit.Events.Write(
                EventKind.Failed, Guid.Empty,
                $"Mailbox {visit.Mailbox.Name}: in place of the mail {mail.Description} the server sent a substitute, "
                + "because it can't convert the mail for POP3. The mail stays on the server, and the next poll tries again.");
        }
    }

    /// <summary>Counts another run in which this mail could not be fetched: one, however many of its copies failed.</summary>
    /// <returns>Runs in a row, including this one.</returns>
    public int Count(MailListing mail, string reason, Digest? substitute = null)
    {
        var times = visit.Known.Refusals(mail) + 1;
        if (!counted.TryAdd(mail.RefusalKey, times))
        {
            return counted[mail.RefusalKey];
        }

        Unwritten.Enqueue(new(mail.RefusalKey, mail.Bytes, times) { Substitute = substitute ?? visit.Known.Substitute(mail) });
        if (times == MailTransfer.Attempts && mail.IfDurable is not null)
        {
            visit.Events.Write(
                EventKind.Warned, Guid.Empty,
                $"Mailbox {visit.Mailbox.Name}: the mail {mail.Description} could not be fetched {MailTransfer.Attempts} times in a row "
                + $"({reason}). It stays on the server and is skipped; `maildepot pop3 poll {visit.Mailbox.Name}` tries it again.");
        }

        return times;
    }

    /// <summary>
    /// Whether the failure may be due to this mail, and so would stop every visit: not an outage of our storage, nor a cancellation.
    /// </summary>
    public static bool MayBeDueToMail(Exception failure) => failure switch
    {
        RequestFailedException refusal => refusal.Status is 400 or 413, // these are about the content, not about the caller or the moment
        AggregateException or AuthenticationFailedException or OperationCanceledException => false,
        _ => true,
    };
}
