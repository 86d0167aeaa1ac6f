using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>How each session of a visit ends: DELEs and QUIT, and what happens about a mail whose DELE breaks the session.</summary>
/// <remarks>
/// Where a server answers one DELE with nonsense, or hangs up, no QUIT follows and it deletes nothing, at any visit
/// (jstedfast/MailKit#1636: an empty line). So that mail is written down, and from then on its DELE has a session of its own, after
/// the others got their QUIT. All of them are durable, so nothing that a broken session leaves undone can lose one.
/// </remarks>
internal sealed class MailDeletion(VisitParts parts)
{
    /// <summary>Sessions of a visit that a DELE may break, each a login for nothing.</summary>
    private const int MostBreaks = 4;

    /// <summary>Mails of a visit that get a session of their own.</summary>
    private const int MostAlone = 10;

    /// <summary>Further sessions of a visit for mails whose DELE breaks sessions: a server that keeps the others, whatever it answers, lists them each time.</summary>
    private const int MostFurther = MostBreaks + MostAlone;

    private readonly MailboxOptions mailbox = parts.Mailbox;
    private readonly HashSet<string> alone = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Pop3Failure> broken = new(StringComparer.Ordinal);
    private int breaks;
    private int further;

    /// <summary>Another session should follow: some mails were not asked to be deleted, or not in peace.</summary>
    public bool GoOn { get; private set; }

    /// <summary>Names the mail whose DELE broke a session, and that is still there; null if none is.</summary>
    public Pop3Failure? Failure => broken.Values.LastOrDefault();

    /// <summary>Ends the session.</summary>
    /// <param name="left">Mails of earlier sessions: to be deleted if they need not stay.</param>
    /// <param name="written">Mails of this one.</param>
    /// <param name="oneByOne">The server may only say that it takes more.</param>
    /// <returns>The QUIT was answered with a yes.</returns>
    public async Task<bool> EndAsync(
        Pop3Session session, IReadOnlyCollection<MailListing> left, IEnumerable<MailListing> written, bool oneByOne, CancellationToken ct)
    {
        MailListing[] due = [.. left.Where(IsDue), .. mailbox.KeepsMail ? [] : written];
        foreach (var gone in broken.Keys.Except(due.Select(mail => mail.DeletionKey), StringComparer.Ordinal).ToList())
        {
            broken.Remove(gone); // the server deleted it, whatever it answered
        }

        var odd = due.Where(parts.Known.BreaksSessions).ToList();
        var calm = due.Except(odd).ToImmutableArray();
        var asked = calm.IsEmpty ? [.. odd.Where(IsUntried).Take(1)] : calm;
        if (asked is [var single])
        {
            alone.Add(single.DeletionKey);
        }

        int[] numbers = [.. asked.SelectMany(mail => mail.Numbers)];
        try
        {
            var refused = await session.DeleteAsync(numbers, oneByOne || breaks > 0);
            var quit = await QuitAsync(session, numbers);
            var done = quit is { Ok: true };
            Count(numbers, refused, quit, done, calm.IsEmpty && odd.Count > 0 ? null : left, odd.Sum(mail => mail.Numbers.Length));
            GoOn = done && MayGoOn(session, odd);
            foreach (var mail in done ? asked : [])
            {
                broken.Remove(mail.DeletionKey);
            }

            return done;
        }
        catch (Pop3DeletionException cut)
        {
            breaks++;
            await RememberAsync(asked, cut, ct);
            parts.Tally.Kept = due.Sum(mail => mail.Numbers.Length);
            GoOn = MayGoOn(session, due) || (cut.AtQuit && breaks < MostBreaks);
            return false;
        }
    }

    private static async Task<Pop3Reply?> QuitAsync(Pop3Session session, int[] numbers)
    {
        try
        {
            return await session.QuitAsync();
        }
        catch (Pop3ProtocolException late) when (numbers.Length > 0)
        {
            throw new Pop3DeletionException(numbers[^1], late) { AtQuit = true }; // an answer too many to a DELE
        }
    }

    private bool IsDue(MailListing mail) =>
        !mailbox.LeaveOnServer
        && (mailbox.DeleteAfter == 0
            || (mail.IfDurable is { } known && parts.Known.IsDurableSince(known, parts.Clock.GetUtcNow() - TimeSpan.FromDays(mailbox.DeleteAfter))));

    private bool IsUntried(MailListing mail) => !alone.Contains(mail.DeletionKey);

    private bool MayGoOn(Pop3Session session, IEnumerable<MailListing> mails) =>
        !session.Capabilities.LoginDelay && breaks < MostBreaks && alone.Count < MostAlone && mails.Any(IsUntried) && further++ < MostFurther;

    /// <summary>
    /// Answers come in the order of the DELEs, so the first odd one tells the mail; but it may as well be an answer too many to the
    /// DELE before. A server that hangs up while several are on their way may have had any of them in hand: the sessions that follow
    /// ask for one at a time, and so find it.
    /// </summary>
    private async Task RememberAsync(ImmutableArray<MailListing> asked, Pop3DeletionException cut, CancellationToken ct)
    {
        var (number, reason) = (cut.Number, cut.InnerException ?? cut);
        var at = asked.Select((mail, place) => (mail, place)).First(one => one.mail.Numbers.Contains(number)).place;
        var mail = asked[at];
        var usual = Pop3Diagnosis.Of(mailbox, reason);
        broken[mail.DeletionKey] = parts.Known.BreaksSessions(mail)
            ? Pop3Failure.DeletionFails(mailbox, Events.Failure.Describe(reason), mail.Description)
            : usual with { Sentence = $"{usual.Sentence} It happened while deleting the mail {mail.Description}, which comes last from now on." };
        ImmutableArray<RefusedMail> rows =
            [.. asked[(reason is Pop3ProtocolException && at > 0 ? at - 1 : at)..(at + 1)].Select(one => new RefusedMail(one.DeletionKey, one.Bytes, Times: 1))];
        await parts.Write([], rows, ct);
        parts.Known.Add([], rows);
    }

    /// <param name="left">Null in a session that was for an odd mail alone: of the others it says nothing.</param>
    /// <param name="odd">Mails whose DELE breaks sessions, copies and all.</param>
    private void Count(int[] numbers, Dictionary<int, string> refused, Pop3Reply? quit, bool done, IReadOnlyCollection<MailListing>? left, int odd)
    {
        parts.Tally.Deleted(done ? numbers.Length - refused.Count : 0);
        if (left is null)
        {
            parts.Tally.Kept = odd - (done ? numbers.Length - refused.Count : 0);
            return;
        }

        parts.Tally.Kept = (done ? refused.Count : numbers.Length) + odd;
        parts.Tally.KeptAgain = numbers.Length > 0 && left.Where(IsDue).Any(mail => !done || mail.Numbers.Any(refused.ContainsKey));
        parts.Tally.KeptWords = refused.Count > 0 ? refused.Values.First() : quit?.Text;
    }
}
