using System.Collections.Immutable;
using MailDepot.Connectors.Pop3.Accounts;
using MailDepot.Connectors.Pop3.Protocol;

namespace MailDepot.Connectors.Pop3.Visit;

/// <summary>
/// One visit to a mailbox, in one or more sessions: each new mail goes into the spool, then its UIDL into the table, and only then is
/// its DELE sent.
/// </summary>
/// <remarks>
/// A visit that breaks anywhere leaves mails in the mailbox, never a gap in the archive. A mail whose UIDL could not be written is
/// collected again, and the archiver recognizes it within a month: same bytes, same mailbox, same delivery.
/// </remarks>
internal sealed class Pop3Visit(VisitContext context, CollectedUidls uidls)
{
    /// <summary>No further mail is requested after this time.</summary>
    private static readonly TimeSpan RequestLimit = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The connection is dropped after this time, if need be inside a mail. Below the Functions app's <c>functionTimeout</c>, which
    /// would leave nothing counted; that in turn is below the hour after which functions are killed (Azure-Functions#2634).
    /// </summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(42);

    /// <summary>Some servers close a login this soon after the last session without a reply (OVH: one minute).</summary>
    public static readonly TimeSpan SoonAfterQuit = TimeSpan.FromMinutes(1);

    private readonly MailboxOptions mailbox = context.Mailbox;
    private readonly VisitTally tally = context.Tally;
    private readonly MailDeletion deletion = new(context);
    private readonly HashSet<string> tried = new(StringComparer.Ordinal);
    private (int Mails, long Bytes) listed;

    /// <summary>Also try mails that would be skipped.</summary>
    public bool Insist { get; init; }

    /// <summary>Request one mail at a time: the last visit broke, perhaps because the server can't do what it announces.</summary>
    public bool OneByOne { get; init; }

    /// <summary>When the server last confirmed a QUIT of an earlier visit; null if it never did.</summary>
    public DateTimeOffset? LastQuit { get; init; }

    /// <summary>Use one session, whatever is waiting: the server was seen to refuse logins soon after another session.</summary>
    public bool OneSession { get; init; }

    /// <summary>Runs until a listing brings nothing new, or a limit is reached.</summary>
    public async Task RunAsync(Pop3Access access, CancellationToken ct)
    {
        var started = access.Clock.GetTimestamp();
        access = access with { Deadline = access.Clock.GetUtcNow() + MaxDuration };
        bool another;
        do
        {
            another = await RunSessionAsync(access, () => access.Clock.GetElapsedTime(started) >= RequestLimit, ct);
        }
        while (another);

        if (deletion.Failure is { } failure)
        {
            throw new MailboxException(failure);
        }
    }

    /// <summary>One session, from login to QUIT.</summary>
    /// <returns>Another one should follow.</returns>
    /// <remarks>
    /// Another one also follows when a listing was emptied: Gmail lists 250 to 300 mails, and the next ones only after QUIT. Each
    /// further session requires that the one before collected something, so a server that lists deleted mails is not listed forever.
    /// Nor is a mailbox that keeps its mails and lists them under new UIDLs each time, in the same number and total size.
    /// </remarks>
    private async Task<bool> RunSessionAsync(Pop3Access access, Func<bool> enough, CancellationToken ct)
    {
        if (await TryOpenAsync(access, ct) is not { } session)
        {
            return false;
        }

        await using (session)
        {
            access.OnStage(VisitStage.Listing);
            tally.Secured = session.Secured;
            var mails = await session.ListAsync();
            if (mailbox.KeepsMail && mails.Any(mail => mail.IfDurable is null))
            {
                throw new MailboxException(Pop3Failure.UidlMissing(mailbox));
            }

            var isSame = mailbox.KeepsMail && listed == (listed = (mails.Length, mails.Sum(mail => mail.Bytes)));
            await uidls.KeepAsync(mailbox.Name, context.Known, mails, ct);
            var (left, wanted) = Sort(mails);
            var collected = tally.Progress.Collected;
            var once = OneSession || session.Capabilities.LoginDelay;
            var portion = Portion(wanted, once || mailbox.KeepsMail ? int.MaxValue : mailbox.CommitEvery);

            access.OnStage(VisitStage.Collecting);
            var transfer = new MailTransfer(context, session, OneByOne);
            await transfer.RunAsync(portion, enough, ct);
            tried.UnionWith(transfer.Refused);

            access.OnStage(VisitStage.Deleting);
            var numbers = transfer.Written.ToHashSet();
            var written = portion.Where(mail => numbers.Contains(mail.Numbers[0]));
            var quit = await deletion.DeleteAndQuitAsync(session, left, written, OneByOne, ct);
            tally.LastQuit = quit ? access.Clock.GetUtcNow() : tally.LastQuit;
            var progressed = tally.Progress.Collected > collected;
            tally.More = quit && progressed && !once && (portion.Length < wanted.Count || enough() || (tally.NotDeleted == 0 && !isSame));
            return !enough()
                && ((deletion.NeedsSession && !once) || (tally.More && Fits(wanted.Skip(portion.Length).FirstOrDefault())));
        }
    }

    /// <summary>Opens a session; null if the server limits logins, or the session was only for mails whose DELE breaks sessions.</summary>
    private async Task<Pop3Session?> TryOpenAsync(Pop3Access access, CancellationToken ct)
    {
        var isFirst = tally.LastQuit is null;
        var sinceQuit = (access.Clock.GetUtcNow() - (tally.LastQuit ?? LastQuit))?.Duration(); // absolute: a clock may be set back
        try
        {
            return await Pop3Session.OpenAsync(access, ct);
        }
        catch (Exception e) when (
            Pop3Diagnosis.IsClosedWithoutReply(e) ? sinceQuit < SoonAfterQuit : !isFirst && Pop3Diagnosis.IsTooSoon(mailbox, e))
        {
            tally.TurnedAway = Pop3Diagnosis.IsLimit(mailbox, e);
            tally.More = false; // the server wants a pause, so the next run must not be requested at once
            return null;
        }
        catch (Exception e) when (deletion.NeedsSession && e is not OperationCanceledException)
        {
            return null; // everything else is done
        }
    }

    /// <summary>Whether the visit's limits allow this mail, too; null stands for one that is not listed yet.</summary>
    private bool Fits(MailListing? next) =>
        tally.Progress.Collected + (next?.Numbers.Length ?? 1) <= mailbox.MaxMailsPerRun
        && tally.Progress.CollectedBytes + (next?.Bytes ?? 1) <= mailbox.MaxBytesPerRun;

    /// <summary>Mails that only need to be deleted, and mails to fetch: those that failed before come last and hold up no others.</summary>
    private (List<MailListing> Left, List<MailListing> Wanted) Sort(ImmutableArray<MailListing> mails)
    {
        var left = new List<MailListing>();
        var wanted = new List<(MailListing Mail, int Refusals)>();
        var substitutes = new List<MailListing>();
        var (skipped, refused) = (0, 0);
        var leftBytes = 0L;
        foreach (var mail in mails)
        {
            if (mail.IfDurable is { } known && context.Known.IsDurable(known))
            {
                left.Add(mail);
                continue;
            }

            if (context.Known.Substitute(mail) is not null)
            {
                substitutes.Add(mail);
            }

            if (tried.Contains(mail.RefusalKey))
            {
                refused += mail.Numbers.Length; // in an earlier session of this visit
                leftBytes += mail.Bytes;
            }
            else if (context.Known.Refusals(mail) >= MailTransfer.Attempts && mail.IfDurable is not null && !Insist)
            {
                skipped += mail.Numbers.Length;
                leftBytes += mail.Bytes;
            }
            else
            {
                wanted.Add((mail, context.Known.Refusals(mail)));
            }
        }

        var inOrder = wanted.OrderBy(mail => mail.Refusals).Select(mail => mail.Mail).ToList();
        tally.Listed(inOrder, left.Sum(mail => mail.Numbers.Length), skipped, refused, leftBytes, substitutes);
        return (left, inOrder);
    }

    /// <summary>
    /// The mails of this session, within the limits of session and run, but at least one. After a visit that broke, a mail that may
    /// have broken it gets a session of its own, so that all others are deleted whatever it does.
    /// </summary>
    private ImmutableArray<MailListing> Portion(List<MailListing> wanted, int maxMails)
    {
        var mails = Math.Min(maxMails, mailbox.MaxMailsPerRun - tally.Progress.Collected);
        var bytes = mailbox.MaxBytesPerRun - tally.Progress.CollectedBytes;
        var portion = wanted
            .TakeWhile(mail => (mails -= mail.Numbers.Length) >= 0 && (bytes -= mail.Bytes) >= 0
                && !(OneByOne && context.Known.Refusals(mail) > 0))
            .ToImmutableArray();
        return portion.IsEmpty && wanted.Count > 0 ? [wanted[0]] : portion;
    }
}
