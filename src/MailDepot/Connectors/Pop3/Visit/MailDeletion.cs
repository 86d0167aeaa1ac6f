using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>The end of each session of a visit: DELEs and QUIT, and what to do about a mail whose DELE breaks the session.</summary>
/// <remarks>
/// If a server answers one DELE with garbage or closes the connection, no QUIT follows, and it deletes nothing, at every visit
/// (jstedfast/MailKit#1636: an empty line). So that mail is recorded, and from then on its DELE gets a session of its own, after
/// the others got their QUIT. All of them are durable: whatever a broken session leaves undone, no mail is lost.
/// </remarks>
internal sealed class MailDeletion(VisitContext visit)
{
    /// <summary>Sessions per visit that a DELE may break; each of them is a wasted login.</summary>
    private const int MaxBrokenSessions = 4;

    /// <summary>Mails per visit that get a session of their own.</summary>
    private const int MaxMailsAlone = 10;

    /// <summary>
    /// Further sessions per visit for such mails: a server that deletes nothing, whatever it replies, lists them again each time.
    /// </summary>
    private const int MaxFurtherSessions = MaxBrokenSessions + MaxMailsAlone;

    private readonly MailboxOptions mailbox = visit.Mailbox;
    private readonly HashSet<string> alone = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Pop3Failure> broken = new(StringComparer.Ordinal);
    private int brokenSessions;
    private int furtherSessions;

    /// <summary>Another session should follow: some mails were not deleted yet, or not without being disturbed by others.</summary>
    public bool NeedsSession { get; private set; }

    /// <summary>Names a mail whose DELE broke a session and that is still there; null if there is none.</summary>
    public Pop3Failure? Failure => broken.Values.LastOrDefault();

    /// <summary>Deletes what is due, and ends the session.</summary>
    /// <param name="left">Durable mails of earlier sessions.</param>
    /// <param name="written">Mails that this session made durable.</param>
    /// <param name="oneByOne">Do not pipeline, even if the server announces it.</param>
    /// <returns>The server confirmed the QUIT.</returns>
    public async Task<bool> DeleteAndQuitAsync(
        Pop3Session session, IReadOnlyCollection<MailListing> left, IEnumerable<MailListing> written, bool oneByOne, CancellationToken ct)
    {
        MailListing[] due = [.. left.Where(IsDue), .. mailbox.KeepsMail ? [] : written];
        foreach (var gone in broken.Keys.Except(due.Select(mail => mail.DeletionKey), StringComparer.Ordinal).ToList())
        {
            broken.Remove(gone); // the server deleted it, whatever it replied
        }

        var odd = due.Where(visit.Known.BreaksSessions).ToList();
        var calm = due.Except(odd).ToImmutableArray();
        var asked = calm.IsEmpty ? [.. odd.Where(IsUntried).Take(1)] : calm;
        if (asked is [var single])
        {
            alone.Add(single.DeletionKey);
        }

        int[] numbers = [.. asked.SelectMany(mail => mail.Numbers)];
        try
        {
            var refused = await session.DeleteAsync(numbers, oneByOne || brokenSessions > 0);
            var quit = await QuitAsync(session, numbers);
            var done = quit is { Ok: true };
            Count(numbers, refused, quit, done, calm.IsEmpty && odd.Count > 0 ? null : left, odd.Sum(mail => mail.Numbers.Length));
            NeedsSession = done && MayContinue(session, odd);
            foreach (var mail in done ? asked : [])
            {
                broken.Remove(mail.DeletionKey);
            }

            return done;
        }
        catch (Pop3DeletionException failure)
        {
            brokenSessions++;
            await RecordAsync(asked, failure, ct);
            visit.Tally.NotDeleted = due.Sum(mail => mail.Numbers.Length);
            NeedsSession = MayContinue(session, due) || (failure.AtQuit && brokenSessions < MaxBrokenSessions);
            return false;
        }
    }

    private static async Task<Pop3Reply?> QuitAsync(Pop3Session session, int[] numbers)
    {
        try
        {
            return await session.QuitAsync();
        }
        catch (Pop3ProtocolException invalid) when (numbers.Length > 0)
        {
            throw new Pop3DeletionException(numbers[^1], invalid) { AtQuit = true }; // one reply too many to a DELE
        }
    }

    private bool IsDue(MailListing mail) =>
        !mailbox.LeaveOnServer
        && (mailbox.DeleteAfter == 0
            || (mail.IfDurable is { } known
                && visit.Known.IsDurableSince(known, visit.Clock.GetUtcNow() - TimeSpan.FromDays(mailbox.DeleteAfter))));

    private bool IsUntried(MailListing mail) => !alone.Contains(mail.DeletionKey);

    private bool MayContinue(Pop3Session session, IEnumerable<MailListing> mails) =>
        !session.Capabilities.LoginDelay && brokenSessions < MaxBrokenSessions && alone.Count < MaxMailsAlone
        && mails.Any(IsUntried) && furtherSessions++ < MaxFurtherSessions;

    /// <summary>
    /// Replies come in the order of the DELEs, so the first invalid one names the mail; but it may also be a surplus reply to the
    /// DELE before. A server that closes the connection while several DELEs are pending may have been busy with any of them: the
    /// sessions that follow send one at a time, and so find it.
    /// </summary>
    private async Task RecordAsync(ImmutableArray<MailListing> asked, Pop3DeletionException failure, CancellationToken ct)
    {
        var (number, reason) = (failure.Number, failure.InnerException ?? failure);
        var at = asked.Select((mail, place) => (mail, place)).First(one => one.mail.Numbers.Contains(number)).place;
        var mail = asked[at];
        var usual = Pop3Diagnosis.Of(mailbox, reason);
        broken[mail.DeletionKey] = visit.Known.BreaksSessions(mail)
            ? Pop3Failure.DeletionFails(mailbox, Events.Failure.Describe(reason), mail.Description)
            : usual with
            {
                Sentence = $"{usual.Sentence} It happened while deleting the mail {mail.Description}, which comes last from now on.",
            };
        var first = reason is Pop3ProtocolException && at > 0 ? at - 1 : at;
        ImmutableArray<RefusedMail> rows = [.. asked[first..(at + 1)].Select(one => new RefusedMail(one.DeletionKey, one.Bytes, Times: 1))];
        await visit.Write([], rows, ct);
        visit.Known.Add([], rows);
    }

    /// <param name="left">Null in a session that was for an odd mail alone, which says nothing about the others.</param>
    /// <param name="odd">Mails whose DELE breaks sessions, including copies.</param>
    private void Count(
        int[] numbers, Dictionary<int, string> refused, Pop3Reply? quit, bool done, IReadOnlyCollection<MailListing>? left, int odd)
    {
        var deleted = done ? numbers.Length - refused.Count : 0;
        visit.Tally.Deleted(deleted);
        if (left is null)
        {
            visit.Tally.NotDeleted = odd - deleted;
            return;
        }

        visit.Tally.NotDeleted = (done ? refused.Count : numbers.Length) + odd;
        visit.Tally.NotDeletedAgain =
            numbers.Length > 0 && left.Where(IsDue).Any(mail => !done || mail.Numbers.Any(refused.ContainsKey));
        visit.Tally.NotDeletedReply = refused.Count > 0 ? refused.Values.First() : quit?.Text;
    }
}
