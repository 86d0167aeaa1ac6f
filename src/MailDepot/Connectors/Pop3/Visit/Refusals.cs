using System.Collections.Concurrent;
using Azure;
using Azure.Identity;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;
using MailDepot.Events;
using MailDepot.Mail;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>Mails of one session that could not be fetched, or not as what they are: counted once a run each, and told.</summary>
internal sealed class Refusals(VisitParts visit)
{
    private readonly ConcurrentDictionary<string, int> counted = new(StringComparer.Ordinal);
    private readonly HashSet<string> substitutes = new(StringComparer.Ordinal);

    /// <summary>Rows that are still to be written.</summary>
    public ConcurrentQueue<RefusedMail> Unwritten { get; } = [];

    /// <summary>Keys of the mails that the server did not hand over.</summary>
    public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>The server said no to it.</summary>
    public void Refuse(MailListing mail, string words)
    {
        visit.Tally.Refuse();
        Keys.Add(mail.RefusalKey);
        if (Count(mail, words) < MailTransfer.Attempts || mail.IfDurable is null)
        {
            visit.Events.Write(
                EventKind.Failed, Guid.Empty, $"Mailbox {visit.Mailbox.Name}: the server refused the mail {mail.Description} ({words}). It stays there, and the next poll tries again.");
        }
    }

    /// <summary>
    /// The server sent something else in its place: that is archived, once for each UIDL, and the mail was not handed over. Who
    /// dies between the two archives it once more at most; if it is the same to the byte, the archiver folds it.
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

        visit.Tally.Refuse();
        visit.Tally.Substituted(mail);
        Keys.Add(mail.RefusalKey);
        if (Count(mail, "the server sends a substitute", sha256) < MailTransfer.Attempts || mail.IfDurable is null)
        {
            visit.Events.Write(
                EventKind.Failed, Guid.Empty,
                $"Mailbox {visit.Mailbox.Name}: in place of the mail {mail.Description} the server sent a substitute, because it can't convert the mail for POP3. "
                + "The mail stays there, and the next poll tries again.");
        }
    }

    /// <summary>One more run in which this mail could not be fetched, however many of its copies could not.</summary>
    public int Count(MailListing mail, string words, Digest? substitute = null)
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
                $"Mailbox {visit.Mailbox.Name}: the mail {mail.Description} could not be fetched {MailTransfer.Attempts} times in a row ({words}). It stays on the server and is skipped; `maildepot pop3 poll {visit.Mailbox.Name}` tries it again.");
        }

        return times;
    }

    /// <summary>It may lie in this very mail, and would meet every visit: it is no outage of our storage, and not our own wish to end.</summary>
    public static bool IsOfTheMail(Exception failure) => failure switch
    {
        RequestFailedException refusal => refusal.Status is 400 or 413, // what was put, not who puts it or when
        AggregateException or AuthenticationFailedException or OperationCanceledException => false,
        _ => true,
    };
}
