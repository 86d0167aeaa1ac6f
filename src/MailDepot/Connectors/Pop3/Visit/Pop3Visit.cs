using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>One visit to a mailbox, of one session or of several: each new mail goes to the spool, its UIDL into the table, and only then its DELE to the server.</summary>
/// <remarks>
/// A visit that breaks anywhere leaves mails in the mailbox, never a gap in the archive. A mail whose UIDL could not be
/// written any more comes again, and the archiver folds it, within a month: same octets, same mailbox, same delivery.
/// </remarks>
internal sealed class Pop3Visit(VisitParts parts, CollectedUidls uidls)
{
    /// <summary>After this no further mail is asked for.</summary>
    private static readonly TimeSpan TimeAVisit = TimeSpan.FromMinutes(5);

    /// <summary>
    /// After this the connection is broken off, in the middle of a mail if need be: below the Functions app's
    /// <c>functionTimeout</c>, which would leave nothing counted, and that is below the hour in which they are killed (Azure-Functions#2634).
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(42);

    /// <summary>Some servers close a login that comes sooner after another (OVH: a minute), without a word.</summary>
    public static readonly TimeSpan SoonAfterQuit = TimeSpan.FromMinutes(1);

    private readonly MailboxOptions mailbox = parts.Mailbox;
    private readonly MailDeletion end = new(parts);
    private readonly HashSet<string> tried = new(StringComparer.Ordinal);
    private (int Mails, long Bytes) listed;

    /// <summary>Also mails that are skipped otherwise.</summary>
    public bool Insist { get; init; }

    /// <summary>The last visit broke: one mail at a time, in case the server only says that it can do more.</summary>
    public bool OneByOne { get; init; }

    /// <summary>When the server said yes to the last QUIT of an earlier visit; null if it never did.</summary>
    public DateTimeOffset? LastQuit { get; init; }

    /// <summary>The server was seen to close logins that follow others: whatever waits, the visit is one session.</summary>
    public bool OneSession { get; init; }

    /// <summary>Works until a listing brings nothing new, or the visit is long enough.</summary>
    public async Task RunAsync(Pop3Access access, CancellationToken ct)
    {
        var started = access.Clock.GetTimestamp();
        access = access with { Deadline = access.Clock.GetUtcNow() + Longest };
        bool goOn;
        do
        {
            goOn = await SessionAsync(access, () => access.Clock.GetElapsedTime(started) >= TimeAVisit, ct);
        }
        while (goOn);

        if (end.Failure is { } failure)
        {
            throw new MailboxException(failure);
        }
    }

    /// <summary>From login to QUIT.</summary>
    /// <returns>Another should follow.</returns>
    /// <remarks>
    /// Also where nothing is left of a listing: Gmail lists 250 to 300 mails, and the next ones only after QUIT. Each further
    /// session needs one before it that collected something, so a server that lists what it deleted is not listed for ever.
    /// Nor is a mailbox that keeps its mails, and lists them under other UIDLs each time: as many, of as many octets.
    /// </remarks>
    private async Task<bool> SessionAsync(Pop3Access access, Func<bool> enough, CancellationToken ct)
    {
        var isFirst = parts.Tally.LastQuit is null;
        var soon = (access.Clock.GetUtcNow() - (parts.Tally.LastQuit ?? LastQuit))?.Duration() < SoonAfterQuit; // either way: a clock may be set back
        Pop3Session session;
        try
        {
            session = await Pop3Session.OpenAsync(access, ct);
        }
        catch (Exception e) when (Pop3Diagnosis.IsClosedWithoutReply(e) ? soon : !isFirst && Pop3Diagnosis.IsTooSoon(mailbox, e))
        {
            parts.Tally.TurnedAway = Pop3Diagnosis.IsLimit(mailbox, e);
            parts.Tally.More = false; // it wants a pause between sessions: the next poll is one, and must not come at once
            return false;
        }
        catch (Exception e) when (end.GoOn && e is not OperationCanceledException)
        {
            return false; // it was for mails whose DELE breaks sessions; all else is done
        }

        await using (session)
        {
            access.OnStage(VisitStage.Listing);
            parts.Tally.Secured = session.Secured;
            var mails = await session.ListAsync();
            if (mailbox.KeepsMail && mails.Any(mail => mail.IfDurable is null))
            {
                throw new MailboxException(Pop3Failure.UidlMissing(mailbox));
            }

            var isSame = mailbox.KeepsMail && listed == (listed = (mails.Length, mails.Sum(mail => mail.Bytes)));
            await uidls.KeepAsync(mailbox.Name, parts.Known, mails, ct);
            var (left, wanted) = Sort(mails);
            var collected = parts.Tally.Progress.Collected;
            var once = OneSession || session.Capabilities.LoginDelay;
            var portion = Portion(wanted, once || mailbox.KeepsMail ? int.MaxValue : mailbox.CommitEvery);

            access.OnStage(VisitStage.Collecting);
            var transfer = new MailTransfer(parts, session, OneByOne);
            await transfer.RunAsync(portion, enough, ct);
            tried.UnionWith(transfer.Refused);

            access.OnStage(VisitStage.Deleting);
            var written = transfer.Written.ToHashSet();
            var quit = await end.EndAsync(session, left, portion.Where(mail => written.Contains(mail.Numbers[0])), OneByOne, ct);
            parts.Tally.LastQuit = quit ? access.Clock.GetUtcNow() : parts.Tally.LastQuit;
            var progressed = parts.Tally.Progress.Collected > collected;
            parts.Tally.More = quit && progressed && !once && (portion.Length < wanted.Count || enough() || (parts.Tally.Kept == 0 && !isSame));
            return !enough() && ((end.GoOn && !once) || (parts.Tally.More && Fits(wanted.Skip(portion.Length).FirstOrDefault())));
        }
    }

    /// <summary>The visit may take this mail, too; null: one that is not listed yet.</summary>
    private bool Fits(MailListing? next) =>
        parts.Tally.Progress.Collected + (next?.Numbers.Length ?? 1) <= mailbox.MaxMailsPerRun && parts.Tally.Progress.CollectedBytes + (next?.Bytes ?? 1) <= mailbox.MaxBytesPerRun;

    /// <summary>What is only to be deleted, and what is to be fetched: what failed before comes last, so it stops nothing but itself.</summary>
    private (List<MailListing> Left, List<MailListing> Wanted) Sort(ImmutableArray<MailListing> mails)
    {
        var left = new List<MailListing>();
        var wanted = new List<(MailListing Mail, int Refusals)>();
        var substitutes = new List<MailListing>();
        var (skipped, refused) = (0, 0);
        var leftBytes = 0L;
        foreach (var mail in mails)
        {
            if (mail.IfDurable is { } known && parts.Known.IsDurable(known))
            {
                left.Add(mail);
                continue;
            }

            if (parts.Known.Substitute(mail) is not null)
            {
                substitutes.Add(mail);
            }

            if (tried.Contains(mail.RefusalKey))
            {
                refused += mail.Numbers.Length; // in an earlier session of this visit
                leftBytes += mail.Bytes;
            }
            else if (parts.Known.Refusals(mail) >= MailTransfer.Attempts && mail.IfDurable is not null && !Insist)
            {
                skipped += mail.Numbers.Length;
                leftBytes += mail.Bytes;
            }
            else
            {
                wanted.Add((mail, parts.Known.Refusals(mail)));
            }
        }

        var inOrder = wanted.OrderBy(mail => mail.Refusals).Select(mail => mail.Mail).ToList();
        parts.Tally.Found(inOrder, left.Sum(mail => mail.Numbers.Length), skipped, refused, leftBytes, substitutes);
        return (left, inOrder);
    }

    /// <summary>
    /// The mails of this session, within the limits of session and run; at least one. Where the connection broke before, a mail
    /// that may have broken it has a session of its own, so that all others are deleted whatever it does.
    /// </summary>
    private ImmutableArray<MailListing> Portion(List<MailListing> wanted, int atMost)
    {
        var mails = Math.Min(atMost, mailbox.MaxMailsPerRun - parts.Tally.Progress.Collected);
        var bytes = mailbox.MaxBytesPerRun - parts.Tally.Progress.CollectedBytes;
        var portion = wanted.TakeWhile(mail => (mails -= mail.Numbers.Length) >= 0 && (bytes -= mail.Bytes) >= 0 && !(OneByOne && parts.Known.Refusals(mail) > 0)).ToImmutableArray();
        return portion.IsEmpty && wanted.Count > 0 ? [wanted[0]] : portion;
    }
}
